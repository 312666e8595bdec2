"""The shapes of ``safety-before.json`` and ``safety-after.json``."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from runner.advisories.document_shapes import (
    AdvisoryShape,
    DatabaseShape,
    Known,
    Shape,
    VulnerabilityShape,
)
from runner.advisories.inventory import Method


class ComponentShape(Shape, frozen=True):
    """A package at a version."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    """Normalised (PEP 440)."""


class InventoryShape(Shape, frozen=True, omit_defaults=True):
    """What was scanned."""

    subject: str
    """For people."""
    method: Method
    """How the list was come by."""
    python: Known
    """The interpreter's version for which markers were evaluated."""
    origin: Known
    """Where a file was read that is not in the work tree."""
    components: tuple[ComponentShape, ...]
    """Each name once."""
    image: str = ""
    """Reference of the container image in which it was looked; absent for anything else."""
    digest: str = ""
    """Of that image: its manifest's where it came from a registry, else its id."""


class ProblemShape(Shape, frozen=True):
    """Something that a source could not read."""

    place: str
    """A file of the database, or a package."""
    reason: str
    """What is wrong with it."""
    packages: tuple[str, ...] | None
    """The packages that it may be about; null where nobody knows."""


class ReportShape(Shape, frozen=True):
    """What a source says of the inventory."""

    source: str
    """Name of the source."""
    tool: Known
    """Program and version that looked; null for the runner's own reader."""
    database: DatabaseShape
    """What it looked into."""
    complete: bool
    """Whether its advisories are all that it knows, or only those that affect a component."""
    audited: tuple[str, ...]
    """The components that were looked at."""
    skipped: dict[str, str]
    """The others: name to reason."""
    problems: tuple[ProblemShape, ...]
    """What could not be read."""
    advisories: tuple[AdvisoryShape, ...]
    """What it told."""


class SafetyDocument(Shape, frozen=True):
    """A scan of what ships: what was scanned, when, and what every source said of it."""

    format: Literal["upgrade-runner/safety/1"]
    """Names this format."""
    package: str
    """The release's package, normalised (PEP 503)."""
    version: str
    """The release's version, normalised (PEP 440)."""
    taken: str
    """When, ISO 8601 with offset."""
    commit: Known
    """Of the repository."""
    inventory: InventoryShape
    """What was scanned."""
    vulnerabilities: tuple[VulnerabilityShape, ...]
    """What follows from the reports, the worst first."""
    reports: Annotated[tuple[ReportShape, ...], Meta(min_length=1)]
    """One for each source."""
