"""What an engine must be able to do: one file or folder for each behind this contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runner.kinds.database.contents import Contents


@dataclass(frozen=True)
class Facts:
    """What tells one database from another, and where its schema stands."""

    identity: str
    """The same for the same database whoever asks, another for every other; no password in it."""
    server: str
    """Version of the server, or of the library that reads the file."""
    revision: str
    """What ``alembic_version`` says; several heads are joined by commas; empty for none."""
    empty: bool
    """Whether it has no table at all: a new database, or one that is not there yet."""


@dataclass(frozen=True)
class Dumped:
    """A dump that was made, and what it must contain."""

    contents: Contents
    """Of the source, in the very view that was dumped."""
    tools: Mapping[str, str]
    """Programs and libraries that made it, to their versions."""


@dataclass(frozen=True)
class Restored:
    """A database that was put back."""

    contents: Contents
    """Of the database after it."""
    kept: str
    """Where what was there before is kept; empty where there was nothing."""


class Workbench(Protocol):
    """What an engine is lent: a way to run its programs, and a word whether to go on."""

    @property
    def scratch(self) -> Path:
        """A folder of this run, removed after it."""

    @property
    def run_id(self) -> str:
        """Of the run, for names that nobody else has."""

    @property
    def remaining(self) -> float:
        """Seconds that are left."""

    def tool(self, argv: tuple[str, ...], env: Mapping[str, str]) -> str:
        """Run a program to its end and give what it printed; raises DatabaseError.

        The environment is where a password may be; nothing of it is shown.
        """

    def note(self, text: str) -> None:
        """Put a line into the log."""

    def go_on(self) -> None:
        """Raise DatabaseError where the run is asked to stop or the time is over."""


class Engine(Protocol):
    """One database, behind the same few verbs whatever it is."""

    def identity(self) -> str:
        """Tell it from every other database, as `Facts.identity` does; raises DatabaseError."""

    def facts(self) -> Facts:
        """Look at it without reading its rows; raises DatabaseError."""

    def contents(self, bench: Workbench) -> Contents:
        """Read all of it in one consistent view; raises DatabaseError."""

    def dump(self, path: Path, bench: Workbench) -> Dumped:
        """Write a dump into a file, consistent with the contents that are read beside it."""

    def restored(self, path: Path, bench: Workbench) -> Contents:
        """Restore a dump into a scratch database, read that, and drop it whatever happens."""

    def restore(self, path: Path, expected: Contents, bench: Workbench) -> Restored:
        """Put a dump back in the place of the database, all of it or nothing."""
