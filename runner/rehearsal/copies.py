"""What is copied for a rehearsal, where the copies are, and the variables that lead to them."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.errors import RunnerError
from runner.kinds.database.base import Workbench
from runner.kinds.database.contents import Contents, differences
from runner.kinds.database.trouble import unverified
from runner.model import Rehearsal
from runner.rehearsal import hashes
from runner.rehearsal.databases.base import Original, Scratch
from runner.rehearsal.staging import override

_TIMES = 4
"""How often the database may lie in the scratch folder: dumped, copied, saved, and backed up by a
stage; the artifacts the same."""
_MARGIN = 64 << 20
"""Bytes for logs and reports."""
_DUMP, _CONTENTS, _ARTIFACTS = "database.dump", "database.json", "artifacts"
"""What a state is kept as: a dump, what it must contain, and the folder of artifacts."""


class CopyError(RunnerError):
    """Copies that do not fit on the disk, or cannot be made."""


@dataclass(frozen=True)
class Saved:
    """What the rollback must bring back."""

    contents: Contents | None
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
    database: Original | None
    """The user's; None where the playbook names none."""
    working: Scratch | None
    """The database that is rehearsed on."""
    artifacts: Path | None
    """The user's folder; None where the playbook names none."""
    bench: Workbench
    """Of the databases' engines."""

    @classmethod
    def of(
        cls,
        settings: Rehearsal,
        variables: Mapping[str, str],
        repository: Path,
        scratch: Path,
        bench: Workbench,
        database: Original | None = None,
    ) -> Copies:
        """Name the copies of the originals."""
        folder = variables.get(settings.artifacts, "")
        return cls(
            scratch,
            database,
            database.scratch(scratch, scratch_name(bench.run_id)) if database else None,
            repository / folder if folder else None,
            bench,
        )

    @property
    def folder(self) -> Path:
        """The copy of the artifacts that is rehearsed on."""
        return self.scratch / _ARTIFACTS

    def overrides(self, settings: Rehearsal) -> tuple[str, ...]:
        """Give the variables that lead to the copies, to new folders and to free ports."""
        return tuple(self._overrides(settings))

    def _overrides(self, settings: Rehearsal) -> Iterator[str]:
        if self.working is not None and not settings.database_env:
            yield override(settings.database, self.working.address)
        if self.artifacts is not None:
            yield override(settings.artifacts, str(self.folder))
        for name in settings.folders:
            folder = self.scratch / "folders" / name
            folder.mkdir(parents=True, exist_ok=True)
            yield override(name, str(folder))
        for name, port in zip(settings.ports, free_ports(len(settings.ports)), strict=True):
            yield override(name, str(port))

    def environment(self, settings: Rehearsal) -> dict[str, str]:
        """Give the environment variables that lead to the copy of the database."""
        if self.working is None or not settings.database_env:
            return {}
        return {settings.database_env: self.working.address}

    def needed(self) -> int:
        """Give the bytes that the copies take, a margin included; raises DatabaseError."""
        own = self.database.size() if self.database else 0
        return _TIMES * (own + _size(self.artifacts)) + _MARGIN

    def make(self) -> bool:
        """Copy the originals, each copy found equal; False where the database has no content yet.

        Raises DatabaseError and OSError.
        """
        full = True
        if self.database is not None and self.working is not None:
            self.working.make()
            if full := not self.database.empty():
                state = self.scratch / "begin"
                self._fill(state, self._dump(self.database, state))
                shutil.rmtree(state)
        if self.artifacts is not None:
            _copy(self.artifacts, self.folder)
        return full

    def keep(self, place: Path) -> None:
        """Put the copies into a place, for its owner alone, from where `take` takes them."""
        part = place.with_name(f"{place.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        if self.working is not None:
            (part / _CONTENTS).write_bytes(msgspec.json.encode(self._dump(self.working, part)))
        if self.artifacts is not None:
            _copy(self.folder, part / _ARTIFACTS)
        part.rename(place)

    def take(self, place: Path) -> None:
        """Make the copies of what `keep` has kept, in place of the originals."""
        if self.working is not None:
            self.working.make()
            content = (place / _CONTENTS).read_bytes()
            self._fill(place, msgspec.json.decode(content, type=Contents))
        if self.artifacts is not None:
            _copy(place / _ARTIFACTS, self.folder)

    def told(self) -> Iterator[str]:
        """Say what was copied, a line each."""
        if self.database is not None:
            yield f"{self.database.shown.rpartition('/')[2]}: {self.database.size():,} bytes"
        if self.artifacts is not None:
            yield f"{self.artifacts.name}: {_size(self.artifacts):,} bytes"

    def look(self) -> Saved:
        """Read the state of the copies, to be compared with where a stage brings it back."""
        return Saved(self.read(), hashes.of_folder(self.folder))

    def save(self) -> Saved:
        """Put the state of the copies aside, to be restored and to be compared with."""
        contents = None
        if self.working is not None:
            contents = self._dump(self.working, self._aside)
        if self.artifacts is not None:
            _copy(self.folder, self._aside / _ARTIFACTS)
        return Saved(contents, hashes.of_folder(self.folder))

    def restore(self, saved: Saved) -> None:
        """Bring the copies back to the state that was put aside."""
        if self.working is not None and saved.contents is not None:
            self.working.engine.restore(self._aside / _DUMP, saved.contents, self.bench)
        if self.artifacts is not None:
            _copy(self._aside / _ARTIFACTS, self.folder)

    def read(self) -> Contents | None:
        """Read the database that is rehearsed on; raises DatabaseError."""
        return self.working.read(self.bench) if self.working else None

    @property
    def _aside(self) -> Path:
        return self.scratch / "saved"

    def _dump(self, source: Original | Scratch, place: Path) -> Contents:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return source.engine.dump(place / _DUMP, self.bench).contents

    def _fill(self, place: Path, expected: Contents) -> None:
        """Restore a dump into the new database; raises DatabaseError where it is not the same."""
        assert self.working is not None  # noqa: S101 - for the type checker; there is a dump of it
        found = self.working.fill(place / _DUMP, self.bench)
        if different := differences(expected, found):
            raise unverified(f"the copy is not what was copied: {different[0]}")


def scratch_name(rehearsal: str) -> str:
    """Give the name of a rehearsal's database, with which all names begin that come of it."""
    return f"upgrade_runner_{rehearsal}".replace("-", "_").lower()


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
