"""The shapes of ``safety-diff.json``."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from runner.advisories.appeared import Cause
from runner.advisories.document_shapes import (
    DatabaseShape,
    Known,
    Shape,
    StatementShape,
    VulnerabilityShape,
)
from runner.advisories.gone import Reason
from runner.advisories.inventory import Method
from runner.advisories.waivers import NoticeKind
from runner.model import Outcome

FORMAT: Final = "upgrade-runner/safety-diff/1"
"""Stands in each document; its number changes when a reader would have to."""


class AskedShape(Shape, frozen=True):
    """A source that was asked."""

    source: str
    """Its name."""
    tool: Known
    """Program and version that looked; null for the runner's own reader."""
    database: DatabaseShape
    """What it looked into."""


class ScanShape(Shape, frozen=True):
    """One of the two scans; its own document has the rest."""

    version: str
    """The release's version."""
    taken: str
    """When, ISO 8601 with offset."""
    commit: Known
    """Of the repository."""
    subject: str
    """What was scanned."""
    method: Method
    """How its list of packages was come by."""
    components: int
    """How many packages it has."""
    sources: tuple[AskedShape, ...]
    """Who was asked."""


class TotalsShape(Shape, frozen=True):
    """How many there are."""

    new: int
    """In the second scan alone."""
    remaining: int
    """In both; where several became one, or the reverse, each pair counts."""
    gone: dict[Reason, int]
    """In the first alone, by reason; every reason is there."""


class NewShape(Shape, frozen=True):
    """A vulnerability of the second scan alone."""

    vulnerability: VulnerabilityShape
    """As it is now."""
    cause: Cause
    """Why it is new."""
    detail: str
    """A sentence."""


class RemainingShape(Shape, frozen=True):
    """A vulnerability of both scans."""

    before: VulnerabilityShape
    """As it was."""
    after: VulnerabilityShape
    """As it is now."""


class AccountShape(Shape, frozen=True):
    """Why it is gone, by one source."""

    reason: Reason
    """Why."""
    detail: str
    """A sentence."""
    before: tuple[StatementShape, ...]
    """What it said in the first scan."""
    now: tuple[StatementShape, ...]
    """What it says in the second; empty where it does not tell the flaw any more."""


class GoneShape(Shape, frozen=True):
    """A vulnerability of the first scan alone."""

    vulnerability: VulnerabilityShape
    """As it was."""
    reason: Reason
    """The weakest that a source gives."""
    detail: str
    """A sentence."""
    disagreement: bool
    """Whether sources differ, now or before."""
    accounts: dict[str, AccountShape]
    """By source that looked again."""
    unasked: dict[str, str]
    """The sources that did not look again: name to reason."""


class NamedShape(Shape, frozen=True):
    """A vulnerability of the second scan, by its names; `new` and `remaining` have the rest."""

    package: str
    """Normalised name (PEP 503)."""
    version: str
    """The installed version."""
    id: str
    """As in `new` and `remaining`."""
    rules: tuple[str, ...]
    """Every rule that it breaks, in words."""


class WaiverShape(Shape, frozen=True):
    """A waiver."""

    id: str
    """Any name of the vulnerability."""
    package: str
    """Normalised name (PEP 503)."""
    versions: str
    """Specifiers (PEP 440)."""
    reason: str
    """Why it is accepted."""
    owner: str
    """Who accepts it."""
    expires: date
    """The last day on which it counts."""
    place: str
    """Where it stands."""


class WaivedShape(Shape, frozen=True):
    """A vulnerability that is accepted."""

    vulnerability: NamedShape
    """Which one."""
    waiver: WaiverShape
    """Why."""


class NoticeShape(Shape, frozen=True):
    """Something about a waiver."""

    kind: NoticeKind
    """What it is."""
    detail: str
    """A sentence."""
    waiver: WaiverShape
    """Which one."""


class JudgementShape(Shape, frozen=True):
    """What the policy says of the second scan."""

    outcome: Outcome
    """``passed``, ``failed`` or ``errored``."""
    reason: str
    """Why, on one line."""
    errors: tuple[str, ...]
    """Why it cannot be decided."""
    forbidden: tuple[NamedShape, ...]
    """The worst first, as the others."""
    waived: tuple[WaivedShape, ...]
    """Forbidden, and accepted."""
    allowed: tuple[NamedShape, ...]
    """There, and breaking no rule."""
    notices: tuple[NoticeShape, ...]
    """Of waivers."""
    notes: tuple[str, ...]
    """What was not looked at and is not gated."""


class DiffDocument(Shape, frozen=True):
    """What an upgrade changed in the vulnerabilities of what ships."""

    format: Literal["upgrade-runner/safety-diff/1"]
    """Names this format."""
    package: str
    """The release's package."""
    before: ScanShape
    """The first scan."""
    after: ScanShape
    """The second scan."""
    totals: TotalsShape
    """How many there are."""
    new: tuple[NewShape, ...]
    """In the second scan alone, the worst first, as the others."""
    remaining: tuple[RemainingShape, ...]
    """In both."""
    gone: tuple[GoneShape, ...]
    """In the first alone."""
    notes: tuple[str, ...]
    """What makes the scans unlike."""
    judgement: JudgementShape | None
    """What the policy says of the second scan; null where none was asked."""
