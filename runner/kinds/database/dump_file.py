"""The file of a dump: the user's data, beside the dossier and for its owner's eyes only."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

from runner.files import sync_folder
from runner.kinds.database.trouble import DatabaseError, unverified

FOLDER = "backups"
"""Below the output folder, outside the dossier: never sealed into a bundle."""
PART = ".part"
"""The end of a dump's name until it is verified."""
_CHUNK = 1 << 20
"""Bytes read at once."""


def new_path(output: Path, name: str) -> Path:
    """Give the path of a dump that is not there yet; raises DatabaseError."""
    folder = output / FOLDER
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return folder / f"{name}-{os.urandom(3).hex()}.dump"


def clear_parts(folder: Path) -> tuple[str, ...]:
    """Remove the halves of dumps that runs which were killed have left, and name them.

    One run at a time works in an output folder. Raises DatabaseError.
    """
    parts = sorted(folder.glob(f"*{PART}"))
    try:
        for part in parts:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    return tuple(str(part) for part in parts)


def private(path: Path) -> None:
    """Make an empty file that only its owner may read; raises DatabaseError."""
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600))
    except OSError as error:
        raise _unwritable(path, error) from error


def settle(part: Path, path: Path) -> None:
    """Give a dump its name, once all of it is on the disk; raises DatabaseError."""
    try:
        part.rename(path)
        sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def sha256_of(path: Path, go_on: Callable[[], None]) -> str:
    """Hash a file, and make it durable; raises DatabaseError."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                found.update(chunk)
                go_on()
            os.fsync(stream.fileno())
    except OSError as error:
        raise unverified(
            f"{path} cannot be read: {error.strerror}", "run the check that makes the backup again"
        ) from error
    return found.hexdigest()


def _unwritable(path: Path, error: OSError) -> DatabaseError:
    return DatabaseError(
        f"cannot write {path}: {error.strerror}",
        hint="free some space, or choose another folder with --output",
    )
