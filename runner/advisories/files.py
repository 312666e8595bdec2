"""The files of a database: a folder, or a zip that is never unpacked.

A hostile archive can at most be refused: names are only looked at, sizes are counted while reading
and not believed, and no more than one file is in memory at a time.

Each file has a stamp, so that what was read of it once need not be read again. In a zip that is the
SHA-256 of the archive. In a folder it is what git trusts for its index (its documentation,
"racy-git"): device, inode, size, mtime and ctime, the last of which no program can set. As there, a
file that has just changed could change again within one tick of the clock, so it has no stamp.
That is enough for a gate: who could deceive it can write false records as well.
"""

from __future__ import annotations

import hashlib
import os
import stat
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from runner.errors import RunnerError

SUFFIX = ".json"
"""Records are files with this suffix; others are passed over."""
_COMPRESSIONS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Others let a small archive demand much memory, and are not in every Python."""
_BLOCK = 64 << 10
"""Bytes of one call; most records are smaller."""
_TICK = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system in use (FAT)."""


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
class Content:
    """What a file holds."""

    data: bytes
    """Its bytes; empty where it could not be read."""
    error: str = ""
    """Why it could not be read."""


@dataclass(frozen=True)
class File:
    """A file that may hold a record."""

    name: str
    """Its path in the database, with ``/``; can be shown."""
    stamp: str
    """Equal for equal content only; empty where nothing tells that."""
    read: Callable[[], Content]
    """Reads it, as long as the database is open; raises nothing."""


@contextmanager
def opened(path: Path, limits: Limits, root: Path) -> Iterator[tuple[File, ...]]:
    """Give the files of a folder or zip, ordered by name; raises DatabaseError."""
    place = root / path
    with ExitStack() as stack:
        try:
            found = _folder(place, limits) if place.is_dir() else _archive(place, limits, stack)
            files = tuple(found)
        except FileNotFoundError as error:
            hint = "it is the path of a folder or zip of OSV records"
            raise DatabaseError(f"there is no advisory database {path}", hint=hint) from error
        except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError) as error:
            hint = "it is a folder of OSV records, or a zip of them"
            reason = error.strerror if isinstance(error, OSError) else error
            message = f"the advisory database {path} cannot be read: {reason}"
            raise DatabaseError(message, hint=hint) from error
        if len(files) > limits.records:
            raise beyond(path)
        yield files


def beyond(path: Path) -> DatabaseError:
    """Refuse a database that has more than any real one."""
    hint = "name a folder or zip that holds OSV records of one ecosystem"
    return DatabaseError(f"the advisory database {path} is beyond all limits", hint=hint)


def shown(name: str) -> str:
    """Make a name that can be shown and encoded, whatever bytes it came from."""
    if name.isprintable() and name.isascii():
        return name
    text = os.fsencode(name).decode("utf-8", "replace")
    return text if text.isprintable() else text.encode("unicode_escape").decode("ascii")


def _folder(root: Path, limits: Limits) -> Iterator[File]:
    fresh = time.time_ns() - _TICK
    for name, path in sorted(_walk(str(root))):
        yield File(shown(name), _stamp(path, fresh), partial(_read, path, limits.record))


def _walk(root: str) -> Iterator[tuple[str, str]]:
    """Give the name in the database, and the path, of each file below a folder."""
    folders = [("", root)]
    while folders:
        prefix, folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append((f"{name}/", entry.path))
                elif name.endswith(SUFFIX) or entry.is_dir():
                    # A link to a folder is given too, so that it is told: nobody looks into it.
                    yield name, entry.path


def _stamp(path: str, fresh: int) -> str:
    try:
        found = os.lstat(path)
    except OSError:
        return ""  # reading it will tell
    if max(found.st_mtime_ns, found.st_ctime_ns) >= fresh:
        return ""
    identity = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    return ":".join(map(str, identity))


def _read(path: str, most: int) -> Content:
    try:
        # A link could lead anywhere, and a pipe would wait for ever.
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                return Content(b"", "is not a plain file")
            return _within(_all(handle, most), most)
        finally:
            os.close(handle)
    except OSError as error:
        return Content(b"", error.strerror or "cannot be read")


def _all(handle: int, most: int) -> bytes:
    """Read to the end, or one byte more than is allowed; few calls, for there are many files."""
    pieces, left = [], most + 1
    while left and (piece := os.read(handle, min(left, _BLOCK))):
        pieces.append(piece)
        left -= len(piece)
    return b"".join(pieces)


def _archive(path: Path, limits: Limits, stack: ExitStack) -> Iterator[File]:
    """Give the files of a zip, which stays open as long as the stack."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    stream = stack.enter_context(os.fdopen(handle, "rb"))
    found = os.fstat(handle)
    if not stat.S_ISREG(found.st_mode):
        raise ValueError("it is neither a folder nor a plain file")
    if found.st_size > limits.archive:
        raise ValueError(f"it is larger than {limits.archive} bytes")
    digest = hashlib.file_digest(stream, "sha256").hexdigest()
    archive = stack.enter_context(zipfile.ZipFile(stream))
    entries = [one for one in archive.infolist() if one.filename.endswith(SUFFIX)]
    for number, entry in enumerate(sorted(entries, key=lambda one: one.filename)):
        stamp = f"{digest}:{number}"
        yield File(shown(entry.filename), stamp, partial(_unpack, archive, entry, limits.record))


def _unpack(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> Content:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    if ".." in parts or parts[0].startswith("/") or ":" in parts[0]:
        return Content(b"", "its name leads out of the archive")
    if entry.compress_type not in _COMPRESSIONS:
        return Content(b"", "is packed in a way that is not read here")
    try:
        with archive.open(entry) as stream:
            return _within(stream.read(most + 1), most)
    except (OSError, EOFError, RuntimeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        return Content(b"", f"cannot be unpacked: {error}")


def _within(data: bytes, most: int) -> Content:
    if len(data) > most:
        return Content(b"", f"is larger than {most} bytes")
    return Content(data)
