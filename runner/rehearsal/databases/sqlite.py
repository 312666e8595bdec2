"""SQLite: a file, and its copy in another folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from runner.kinds.database.base import Workbench
from runner.kinds.database.contents import Contents
from runner.kinds.database.sqlite import SqliteDatabase
from runner.rehearsal import hashes
from runner.rehearsal.databases.pages import pages_of

_BESIDE = ("", "-wal", "-journal")
"""A database's files: https://www.sqlite.org/tempfiles.html; ``-shm`` holds no content."""


@dataclass(frozen=True)
class SqliteScratch:
    """A copy in a file, which goes with the folder that it is in."""

    path: Path
    """Absolute."""
    head: str
    """What stands before the path in its address."""
    _known: dict[str, Contents] = field(default_factory=dict, compare=False, repr=False)

    @property
    def engine(self) -> SqliteDatabase:
        """The way to it."""
        return SqliteDatabase(self.path)

    @property
    def address(self) -> str:
        """Its address."""
        return f"{self.head}{self.path}"

    def make(self) -> None:
        """Make the folder; SQLite makes the file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)

    def fill(self, dump: Path, bench: Workbench) -> Contents:
        """Copy a dump, which is a database as well."""
        found = self.engine.fill(dump, bench)
        self._known[pages_of(self.path)] = found
        return found

    def read(self, bench: Workbench) -> Contents:
        """Read it, once for the same pages: no server is at work on it then."""
        pages = pages_of(self.path) if self.path.is_file() else ""
        if not pages or pages not in self._known:
            self._known[pages] = self.engine.contents(bench)
        return self._known[pages]

    def drop(self) -> None:
        """Leave it to the folder."""


@dataclass(frozen=True)
class SqliteOriginal:
    """The user's file."""

    path: Path
    """Absolute."""
    head: str
    """What stands before the path in its address: ``sqlite:///``, or nothing for a plain path."""
    server: str = ""
    """There is none."""

    @property
    def engine(self) -> SqliteDatabase:
        """The way to it, by which not even its log is written."""
        return SqliteDatabase(self.path, read_only=True)

    @property
    def shown(self) -> str:
        """Its address."""
        return f"{self.head}{self.path}"

    def size(self) -> int:
        """Give the bytes of its files."""
        return sum(one.stat().st_size for one in self._files())

    def empty(self) -> bool:
        """Tell whether there is no file, or one without a byte."""
        return not self.size()

    def sha256(self, bench: Workbench) -> str:  # noqa: ARG002 - a file is read without programs
        """Hash its files, byte for byte."""
        return hashes.of_files(self._files(), self.path.parent)

    def scratch(self, folder: Path, name: str) -> SqliteScratch:  # noqa: ARG002 - the folder tells
        """Name a copy, whose address has the same form."""
        return SqliteScratch(folder / "database.db", self.head)

    def clean(self, prefix: str) -> tuple[str, ...]:  # noqa: ARG002 - there is no server
        """Leave it to the scratch folder, which is removed."""
        return ()

    def _files(self) -> Iterator[Path]:
        named = (self.path.with_name(self.path.name + tail) for tail in _BESIDE)
        return (one for one in named if one.is_file())
