"""What an upstream is: the contract for one file in this folder.

An upstream says what it knows of newer versions, or raises `UpstreamError`. It never says "nothing
new" where it was not reached, or where what it said could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from runner.advisories.sources.base import Door
from runner.errors import RunnerError
from runner.model import Release, Upstream


class UpstreamError(RunnerError):
    """An upstream that was not reached, or whose answer cannot be read."""


@dataclass(frozen=True)
class Question:
    """What every upstream is asked."""

    release: Release
    """The tracked dependency."""
    package: str
    """Its normalised name (PEP 503)."""
    settings: Upstream
    """The playbook's ``upstream``."""
    door: Door
    """Reaches processes."""
    python: str = "python"
    """The interpreter that the release runs under."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Tokens by the name of their variable; no message holds one."""


@dataclass(frozen=True)
class Offer:
    """A version that can be downloaded from an index."""

    version: Version
    """Which one."""
    uploaded: str = ""
    """When its first file appeared, ISO 8601 with offset; empty where the index does not tell."""
    requires: tuple[SpecifierSet, ...] = ()
    """What each file that was not taken back asks of Python; an empty set asks for nothing."""
    yanked: str | None = None
    """Why every file of it was taken back (PEP 592); None where one stands."""


@dataclass(frozen=True)
class Announcement:
    """A version that its makers have told of."""

    version: Version
    """Which one."""
    published: str = ""
    """When, ISO 8601 with offset; empty where the feed does not tell."""
    address: str = ""
    """Of its release notes."""
    advisories: tuple[str, ...] = ()
    """Every CVE and GHSA id that stands in them, in order."""


@dataclass(frozen=True)
class Alert:
    """An open alert on the repository."""

    number: int
    """In the repository."""
    names: tuple[str, ...]
    """Ids of the advisory: the CVE first, where it has one."""
    severity: str
    """As the service has it."""
    affected: SpecifierSet | None
    """The versions that it is about; None where they cannot be read."""
    address: str = ""
    """Where people see it."""


@dataclass(frozen=True)
class Told:
    """What an upstream says; each has its own part of it."""

    offers: tuple[Offer, ...] = ()
    """Of an index."""
    announcements: tuple[Announcement, ...] = ()
    """Of a feed."""
    alerts: tuple[Alert, ...] = ()
    """Of a repository."""
    notes: tuple[str, ...] = ()
    """What could not be read of it, and other remarks; a sentence each."""
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of an index: the environment in which uv asks the same one; may hold credentials."""


class Source(Protocol):
    """An upstream; its place in the registry is its name."""

    def address(self, question: Question) -> str:
        """Say who would be asked; empty where nothing is set up to be asked."""

    def missing(self, question: Question) -> str:
        """Say what must be set up for it to be asked."""

    def ask(self, question: Question) -> Told:
        """Ask; raises UpstreamError."""
