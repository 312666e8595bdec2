"""The few things that a transaction does to the disk, each durable before it returns."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from runner.files import sync_folder


class Disk(Protocol):
    """Where a transaction writes; a test has one that fails."""

    def write(self, path: Path, data: bytes, mode: int) -> None:
        """Make a file of these bytes and this mode, in place of one of that name."""

    def rename(self, source: Path, target: Path) -> None:
        """Put a file in the place of another, at once."""

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there."""


class RealDisk:
    """The file system; every method raises OSError."""

    def write(self, path: Path, data: bytes, mode: int) -> None:
        """Write and sync (fsync(2)); a link of that name is replaced, not followed."""
        path.unlink(missing_ok=True)
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fchmod(stream.fileno(), mode)
            os.fsync(stream.fileno())

    def rename(self, source: Path, target: Path) -> None:
        """Rename (rename(2)), and sync the target's folder."""
        source.replace(target)
        sync_folder(target.parent)

    def remove(self, path: Path) -> None:
        """Unlink, and sync the folder."""
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
