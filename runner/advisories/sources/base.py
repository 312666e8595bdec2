"""What a source of findings is: the contract for one file in this folder.

A source looks at an `Inventory` and says what it knows of it, or raises `SourceError`. It never
says "no vulnerabilities" of a package that it has not looked at: each package of the inventory is
in ``audited`` or, with the reason, in ``skipped``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runner.advisories.findings import Advisory, Database
from runner.advisories.inventory import Inventory
from runner.errors import RunnerError


class SourceError(RunnerError):
    """A source that could not do its work: its last words as the message, the mend as the hint."""


@dataclass(frozen=True)
class Ended:
    """A process that has come to its end."""

    exit_code: int
    """Its exit code."""
    stdout: bytes
    """Unredacted, whole."""
    stderr: bytes
    """The same for stderr."""


class Door(Protocol):
    """How a source reaches the world: the engine's, as a kind lends it."""

    @property
    def repository(self) -> Path:
        """The folder that relative paths are meant from."""

    @property
    def scratch(self) -> Path:
        """An existing folder of this run, removed after it."""

    @property
    def env(self) -> Mapping[str, str]:
        """The environment that processes see."""

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        """Run a process in the repository to its end, with variables over the environment.

        Raises SourceError where it cannot start, is ended by a signal, hangs beyond its seconds
        (None: what is left of the step), or prints more than can be kept.
        """

    def clean_up(self, argv: tuple[str, ...]) -> None:
        """Run a process that takes away what another has left, as `Context.clean_up` does."""

    def log(self, text: str) -> None:
        """Append lines to the log of the check."""

    def keep(self, name: str, content: bytes) -> None:
        """Keep a raw report as evidence."""


@dataclass(frozen=True)
class Problem:
    """Something that a source could not read, none of which may be about a gated package."""

    place: str
    """A file of the database, or a package."""
    reason: str
    """What is wrong with it."""
    packages: tuple[str, ...] | None = None
    """The packages that it may be about, normalised; None where nobody knows."""


@dataclass(frozen=True)
class Report:
    """What a source says of an inventory."""

    source: str
    """Name of the source: ``osv``, ``safety``, ``pip-audit``."""
    tool: str
    """Program and version that looked: ``safety 3.7.0``; empty for the runner's own reader."""
    database: Database
    """What it looked into."""
    advisories: tuple[Advisory, ...]
    """At least all that affect a component; see ``complete``."""
    audited: tuple[str, ...]
    """Names of the components that were looked at, ordered."""
    skipped: Mapping[str, str] = field(default_factory=dict)
    """The other components: name to reason."""
    complete: bool = False
    """Whether ``advisories`` are all that the source knows of the components, withdrawn ones and
    those that affect other versions too; a scanner tells only what affects them."""
    problems: tuple[Problem, ...] = ()
    """What could not be read."""


class Source(Protocol):
    """A source of findings, set up by the playbook."""

    @property
    def name(self) -> str:
        """As in `Report.source`."""

    def describe(self) -> str:
        """Say on one line what would be asked."""

    def scan(self, inventory: Inventory, door: Door) -> Report:
        """Look at every component; raises SourceError and DatabaseError."""
