"""Files that appear whole or not at all."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

_FULL_SYNC: int | None = getattr(fcntl, "F_FULLFSYNC", None)


def replace_file(path: Path, data: bytes | Iterable[bytes]) -> None:
    """Write data, or pieces of it, beside the path, make it durable, and rename; raises OSError.

    A reader sees the old content or the new, also after a crash or on a full disk.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as stream:
            stream.writelines([data] if isinstance(data, bytes) else data)
            stream.flush()
            make_durable(stream.fileno())
        part.replace(path)
        sync_folder(path.parent)
    except OSError:
        with contextlib.suppress(OSError):
            part.unlink()
        raise


def make_durable(fd: int) -> None:
    """Return only once a file's content is on the disk, as far as the system can tell.

    On macOS fsync(2) leaves it in the disk's own memory; F_FULLFSYNC does not, where the file
    system knows it. Raises OSError.
    """
    if _FULL_SYNC is not None:
        with contextlib.suppress(OSError):
            fcntl.fcntl(fd, _FULL_SYNC)
            return
    getattr(os, "fdatasync", os.fsync)(fd)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable (fsync(2): a file's own fsync does not)."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
