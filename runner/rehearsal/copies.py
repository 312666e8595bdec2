"""What is copied for a rehearsal, where the copies are, and the variables that lead to them."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.errors import RunnerError
from runner.model import Rehearsal
from runner.rehearsal import databases, hashes
from runner.rehearsal.databases import Database, Reading, database_at
from runner.rehearsal.staging import override

_TIMES = 3
"""How often the database may lie in the scratch folder: copied, saved, and backed up by a stage;
the artifacts the same."""
_MARGIN = 64 << 20
"""Bytes for logs and reports."""


class CopyError(RunnerError):
    """Copies that do not fit on the disk, or cannot be made."""


@dataclass(frozen=True)
class Saved:
    """What the rollback must bring back."""

    reading: Reading | None
    """Of the database; None without one."""
    artifacts: str
    """SHA-256 of the folder; empty without one."""


NOTHING = Saved(None, "")
"""Neither a database nor artifacts."""


@dataclass(frozen=True)
class Copies:
    """The user's data, and its copies below a scratch folder."""

    scratch: Path
    """Where the copies are."""
    database: Database | None
    """The user's; None where the playbook names none."""
    artifacts: Path | None
    """The user's folder; None where the playbook names none."""

    @classmethod
    def of(
        cls, settings: Rehearsal, variables: Mapping[str, str], repository: Path, scratch: Path
    ) -> Copies:
        """Find the originals; raises UsageError for a database that cannot be copied."""
        address = variables.get(settings.database, "")
        folder = variables.get(settings.artifacts, "")
        return cls(
            scratch,
            database_at(address, repository) if address else None,
            repository / folder if folder else None,
        )

    @property
    def working(self) -> Database | None:
        """The copy of the database that is rehearsed on."""
        return self.database.at(self.scratch / "database.db") if self.database else None

    @property
    def folder(self) -> Path:
        """The copy of the artifacts that is rehearsed on."""
        return self.scratch / "artifacts"

    @property
    def empty(self) -> bool:
        """Whether there is a database named which is not there yet."""
        return self.database is not None and not self.database.size

    def overrides(self, settings: Rehearsal) -> tuple[str, ...]:
        """Give the variables that lead to the copies, to new folders and to free ports."""
        return tuple(self._overrides(settings))

    def _overrides(self, settings: Rehearsal) -> Iterator[str]:
        if self.working is not None:
            yield override(settings.database, self.working.address)
        if self.artifacts is not None:
            yield override(settings.artifacts, str(self.folder))
        for name in settings.folders:
            folder = self.scratch / "folders" / name
            folder.mkdir(parents=True, exist_ok=True)
            yield override(name, str(folder))
        for name, port in zip(settings.ports, free_ports(len(settings.ports)), strict=True):
            yield override(name, str(port))

    def needed(self) -> int:
        """Give the bytes that the copies take, a margin included."""
        own = self.database.size if self.database else 0
        return _TIMES * (own + _size(self.artifacts)) + _MARGIN

    def make(self) -> None:
        """Copy the originals; raises DatabaseError and OSError."""
        if self.database is not None and self.working is not None and self.database.size:
            databases.copy(self.database, self.working)
        if self.artifacts is not None:
            _copy(self.artifacts, self.folder)

    def keep(self, place: Path) -> None:
        """Copy the copies to a place, for its owner alone, from where `take` takes them."""
        part = place.with_name(f"{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        if self.working is not None:
            databases.copy(self.working, self.working.at(part / "database.db"))
        if self.artifacts is not None:
            _copy(self.folder, part / "artifacts")
        part.rename(place)

    def take(self, place: Path) -> None:
        """Make the copies of what `keep` has kept, in place of the originals."""
        if self.working is not None:
            databases.copy(self.working.at(place / "database.db"), self.working)
        if self.artifacts is not None:
            _copy(place / "artifacts", self.folder)

    def told(self) -> Iterator[str]:
        """Say what was copied, a line each."""
        if self.database is not None:
            yield f"{self.database.path.name}: {self.database.size:,} bytes"
        if self.artifacts is not None:
            yield f"{self.artifacts.name}: {_size(self.artifacts):,} bytes"

    def save(self) -> Saved:
        """Put the state of the copies aside, to be restored and to be compared with."""
        reading = None
        if self.working is not None:
            reading = databases.read(self.working)
            databases.copy(self.working, self.working.at(self._aside("database.db")))
        if self.artifacts is not None:
            _copy(self.folder, self._aside("artifacts"))
        return Saved(reading, hashes.of_folder(self.folder))

    def restore(self) -> None:
        """Bring the copies back to the state that was put aside."""
        if self.working is not None:
            databases.copy(self.working.at(self._aside("database.db")), self.working)
        if self.artifacts is not None:
            _copy(self._aside("artifacts"), self.folder)

    def _aside(self, name: str) -> Path:
        return self.scratch / "saved" / name


def _copy(source: Path, target: Path) -> None:
    if target.exists():
        shutil.rmtree(target)
    if not source.is_dir():
        target.mkdir(parents=True)
        return
    try:
        shutil.copytree(source, target, symlinks=True)
    except shutil.Error as error:
        file, _, why = error.args[0][0]  # a triple for each file that could not be copied
        raise CopyError(
            f"{file} cannot be copied: {why}", hint="see the disk below TMPDIR"
        ) from error


def _size(folder: Path | None) -> int:
    if folder is None:
        return 0
    paths = (Path(inner, name) for inner, _, names in os.walk(folder) for name in names)
    return sum(path.lstat().st_size for path in paths)


def refuse_full(needed: int, place: Path, free: int) -> None:
    """Raise CopyError where the free bytes of a place are too few."""
    if free < needed:
        raise CopyError(
            f"the copies need {needed / 1e6:,.0f} MB, and {place} has {free / 1e6:,.0f} MB free",
            hint="free some space, or set TMPDIR to a larger disk",
        )


def free_bytes(place: Path) -> int:
    """Give the bytes that are free where a place is."""
    return shutil.disk_usage(place).free


def free_ports(count: int) -> tuple[int, ...]:
    """Give ports of this machine that nothing listens on, all different."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(one.getsockname()[1] for one in sockets)
    finally:
        for one in sockets:
            one.close()
