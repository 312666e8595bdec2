"""Many files replaced together: after a crash at any point all are old, or all are new.

A record names the files. While it says ``staging``, the new contents are written beside the old
ones, and a crash ends in the old state; once it says ``ready``, all of them are on the disk, and a
crash ends in the new one. `recover` brings either about, as often as it is interrupted itself.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from runner.errors import RunnerError
from runner.release.disk import Disk

_RECORD_LIMIT = 4 * 1024 * 1024
"""Bytes; a record of a thousand files is far smaller."""


class TransactionError(RunnerError):
    """Files that could not be replaced, or not brought to one state."""


@dataclass(frozen=True)
class Change:
    """One file's new content."""

    path: str
    """Relative to the repository, with ``/``."""
    old: bytes
    """What it was computed from; another content is not overwritten."""
    new: bytes
    """What it becomes."""


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file in the record."""

    path: str
    """Relative to the repository, with ``/``."""
    old: str
    """SHA-256 of the old content, in hexadecimal."""
    new: str
    """SHA-256 of the new content, in hexadecimal."""


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is on its way."""

    state: Literal["staging", "ready"]
    """Whether every new content is on the disk."""
    files: list[Entry]
    """In the order in which they are replaced."""
    version: Literal[1] = 1
    """Of this format."""


@dataclass(frozen=True)
class Transaction:
    """The way to replace files of one repository."""

    repository: Path
    """The folder that the paths are relative to."""
    record: Path
    """Where the record stands; one that is there belongs to a transaction that was cut off."""
    disk: Disk
    """What it writes to."""

    def commit(self, changes: Sequence[Change]) -> None:
        """Replace the files; their modes stay.

        Raises TransactionError where a file is not what it was computed from, where an earlier
        transaction was cut off, or where the disk refuses; the files are then all old, but for a
        disk that fails in the midst of the renames: the record then tells `recover` to go on.
        """
        if self.record.exists():
            raise TransactionError(
                f"{self.record} is of an earlier change that was cut off",
                hint="finish or undo it first: runner bump --recover",
            )
        files = [Entry(one.path, _sha256(one.old), _sha256(one.new)) for one in changes]
        for one in changes:
            self._same(one)
        try:
            self._stage(changes, files)
        except OSError as error:
            self.recover()
            raise TransactionError(
                f"the new files cannot be written: {error}", hint="nothing was changed"
            ) from error
        self.recover()

    def recover(self) -> Literal["", "old", "new"]:
        """Bring all files of a transaction that was cut off to one state, and say to which.

        Gives an empty text where there is none. Raises TransactionError where that cannot be done;
        the record then stays.
        """
        record = self._recorded()
        if record is None:
            self.disk.remove(_part(self.record))
            return ""
        try:
            if record.state == "ready":
                self._check(record.files)
                for one in record.files:
                    if (staged := _staged(self._file(one.path))).exists():
                        self.disk.rename(staged, self._file(one.path))
            else:
                for one in record.files:
                    self.disk.remove(_staged(self._file(one.path)))
            self.disk.remove(_part(self.record))
            self.disk.remove(self.record)
        except OSError as error:
            raise TransactionError(
                f"the change is half done: {error}",
                hint="mend that, then: runner bump --recover",
            ) from error
        return "new" if record.state == "ready" else "old"

    def _stage(self, changes: Sequence[Change], files: list[Entry]) -> None:
        self._note(Record("staging", files))
        for one in changes:
            file = self._file(one.path)
            self.disk.write(_staged(file), one.new, stat.S_IMODE(file.stat().st_mode))
        self._note(Record("ready", files))

    def _note(self, record: Record) -> None:
        self.disk.write(_part(self.record), msgspec.json.encode(record), 0o600)
        self.disk.rename(_part(self.record), self.record)

    def _recorded(self) -> Record | None:
        try:
            with self.record.open("rb") as stream:
                return msgspec.json.decode(stream.read(_RECORD_LIMIT), type=Record)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError) as error:
            raise TransactionError(
                f"{self.record} cannot be read: {error}",
                hint="see with git what has changed, then remove it",
            ) from error

    def _same(self, change: Change) -> None:
        if _read(self._file(change.path)) != change.old:
            raise TransactionError(
                f"{change.path} has changed since it was read", hint="run the command again"
            )

    def _check(self, files: Sequence[Entry]) -> None:
        """Refuse to go on over what somebody has changed since; an interrupted rename is none."""
        for one in files:
            file = self._file(one.path)
            has, staged = _sha256(_read(file)), _staged(file)
            whole = has == one.new or (has == one.old and staged.exists())
            if not whole or (staged.exists() and _sha256(_read(staged)) != one.new):
                raise TransactionError(
                    f"{one.path} has changed since the change was cut off",
                    hint=f"put it back to its old or its new content, or remove {self.record}",
                )

    def _file(self, path: str) -> Path:
        """Give the file itself; raises TransactionError for a link, or out of the repository."""
        file = self.repository / path
        if file.is_symlink() or not file.resolve().is_relative_to(self.repository.resolve()):
            raise TransactionError(
                f"{path}: is a link, or leads out of the repository",
                hint="name the file itself",
            )
        return file


def _staged(file: Path) -> Path:
    return file.with_name(f".{file.name}.upgrade-runner-new")


def _part(record: Path) -> Path:
    return record.with_name(f"{record.name}.part")


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TransactionError(
            f"{file}: cannot be read: {error.strerror}", hint="put the file back"
        ) from error


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
