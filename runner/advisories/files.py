"""The files of a database: a folder, or a zip that is never unpacked.

A hostile archive can at most be refused: names are only looked at, sizes are counted while reading
and not believed, and no more than one file is in memory at a time.
"""

from __future__ import annotations

import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from runner.errors import RunnerError

SUFFIX = ".json"
"""Records are files with this suffix; others are passed over."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others let a small archive demand much memory, and are not in every Python."""


class DatabaseError(RunnerError):
    """The database as a whole cannot be used: it is missing, empty, or no database."""


@dataclass(frozen=True)
class Limits:
    """What is refused; far above any real database of advisories (2026: 0.2 GB, 20,000 records)."""

    record: int = 16 << 20
    """Bytes of one record."""
    total: int = 4 << 30
    """Bytes of all records together."""
    archive: int = 1 << 30
    """Bytes of a zip."""
    records: int = 1_000_000
    """Number of files."""


@dataclass(frozen=True)
class File:
    """A file that may hold a record."""

    name: str
    """Its path in the database, with ``/``."""
    data: bytes
    """Its content; empty where it could not be read."""
    error: str = ""
    """Why it could not be read."""


def files(path: Path, limits: Limits) -> Iterator[File]:
    """Give the files of a folder or zip, ordered by name; raises DatabaseError.

    Files that cannot be read are given with their error.
    """
    try:
        found = _folder(path, limits) if path.is_dir() else _archive(path, limits)
        total = 0
        for number, file in enumerate(found):
            total += len(file.data)
            if number >= limits.records or total > limits.total:
                raise DatabaseError(f"the advisory database {path} is beyond all limits")
            yield file
    except FileNotFoundError as error:
        hint = "--database names a folder or zip of OSV records"
        raise DatabaseError(f"there is no advisory database {path}", hint=hint) from error
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        hint = "it is a folder of OSV records, or a zip of them"
        message = f"the advisory database {path} cannot be read: {error}"
        raise DatabaseError(message, hint=hint) from error


def shown(name: str) -> str:
    """Make a name that can be shown and encoded, whatever bytes it came from."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _folder(root: Path, limits: Limits) -> Iterator[File]:
    found = []
    for folder, _, names in os.walk(root, onerror=_raise, followlinks=False):
        found += [Path(folder, name) for name in names if name.endswith(SUFFIX)]
    for path in sorted(found):
        name = path.relative_to(root).as_posix()
        try:
            yield _read(path, shown(name), limits)
        except OSError as error:
            yield File(shown(name), b"", error.strerror or "cannot be read")


def _read(path: Path, name: str, limits: Limits) -> File:
    # A link could lead anywhere, and a pipe would wait for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return File(name, b"", "is not a plain file")
        return _within(name, stream.read(limits.record + 1), limits)


def _archive(path: Path, limits: Limits) -> Iterator[File]:
    if path.stat().st_size > limits.archive:
        raise DatabaseError(f"the advisory database {path} is larger than {limits.archive} bytes")
    with zipfile.ZipFile(path) as archive:
        entries = [one for one in archive.infolist() if one.filename.endswith(SUFFIX)]
        for entry in sorted(entries, key=lambda one: one.filename):
            yield _entry(archive, entry, limits)


def _entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, limits: Limits) -> File:
    name = shown(entry.filename)
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return File(name, b"", "its name leads out of the archive")
    if entry.compress_type not in _COMPRESSIONS:
        return File(name, b"", "is packed in a way that is not read here")
    try:
        with archive.open(entry) as stream:
            return _within(name, stream.read(limits.record + 1), limits)
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        return File(name, b"", f"cannot be unpacked: {error}")


def _within(name: str, data: bytes, limits: Limits) -> File:
    if len(data) > limits.record:
        return File(name, b"", f"is larger than {limits.record} bytes")
    return File(name, data)


def _raise(error: OSError) -> None:
    raise error
