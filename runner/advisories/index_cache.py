"""The kept index of a database: a file that only saves time.

It is believed only where this user alone could write it and every byte is as it was written; else
it is as if it were not there. Where it cannot be written, the next scan takes longer, and that is
all.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import msgspec
import packaging

from runner import __version__
from runner.advisories.index import Entry

Kept: TypeAlias = Mapping[tuple[str, str], Entry]
"""Entries by name and stamp of their file."""

_FORMAT = 1
"""Counts up when entries are made in another way from the same file."""
_DIGEST = 32
_OTHERS = stat.S_IWGRP | stat.S_IWOTH
_LARGEST = 256 << 20
"""Bytes: a million entries."""


class _Index(msgspec.Struct, frozen=True, array_like=True):
    """The content of a cache file."""

    maker: str
    """What made the entries; others may read the same record in another way."""
    database: str
    """SHA-256 of its absolute path."""
    entries: tuple[Entry, ...]
    """Those with a stamp."""


_DECODER = msgspec.msgpack.Decoder(_Index)
_MAKER = f"{_FORMAT} {__version__} {msgspec.__version__} {packaging.__version__} {sys.version}"


def load(cache: Path, database: Path) -> Kept:
    """Give what is kept of a database in a folder; nothing where that cannot be believed."""
    try:
        _demand_ours(cache.lstat(), stat.S_ISDIR)
        index = _read(cache / _name(database))
    except (OSError, ValueError, msgspec.DecodeError):
        return {}
    if (index.maker, index.database) != (_MAKER, _digest(database)):
        return {}
    return {(one.name, one.stamp): one for one in index.entries}


def save(cache: Path, database: Path, entries: Iterable[Entry]) -> None:
    """Keep the entries that have a stamp in a folder, if it can be written."""
    stamped = tuple(one for one in entries if one.stamp)
    payload = msgspec.msgpack.encode(_Index(_MAKER, _digest(database), stamped))
    with suppress(OSError, ValueError):
        cache.mkdir(mode=0o700, parents=True, exist_ok=True)
        _demand_ours(cache.lstat(), stat.S_ISDIR)
        _write(cache / _name(database), hashlib.sha256(payload).digest() + payload)


def _name(database: Path) -> str:
    return f"{_digest(database)[:32]}.index"


def _digest(database: Path) -> str:
    return hashlib.sha256(os.fsencode(database.absolute())).hexdigest()


def _demand_ours(found: os.stat_result, is_kind: Callable[[int], bool]) -> None:
    if not is_kind(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
        raise ValueError("another user could have written it")


def _read(path: Path) -> _Index:
    """Read a cache file; raise OSError or ValueError for one that is not whole and ours."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        found = os.fstat(handle)
        _demand_ours(found, stat.S_ISREG)
        if found.st_size > _LARGEST:
            raise ValueError("larger than any index")
        digest, payload = stream.read(_DIGEST), stream.read()
    if hashlib.sha256(payload).digest() != digest:
        raise ValueError("damaged")
    return _DECODER.decode(payload)


def _write(path: Path, content: bytes) -> None:
    """Put a file in its place at once, readable by this user alone; it need not outlive a crash."""
    handle, draft = tempfile.mkstemp(dir=path.parent, prefix=f"{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink()
        raise
