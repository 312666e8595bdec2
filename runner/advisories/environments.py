"""Environments that are kept in the user's cache: each is made once, and is whole or not used."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runner.advisories.sources.base import SourceError

_MARKER = "ready"
_PATIENCE = 900.0
"""Seconds to wait for another runner that makes the same environment; pip's own retries fit in."""
_STEP = 0.1
"""Seconds between two looks at the lock."""


@contextmanager
def made(folder: Path) -> Iterator[bool]:
    """Give True where the block is to make the environment, in the empty folder that is there.

    An environment cannot be moved, so it is made where it stays, and marked as whole after the
    block. Another runner that makes the same is waited for. Raises SourceError where the folder
    cannot be written.
    """
    if _is_whole(folder):
        yield False
        return
    with _alone(folder):
        if _is_whole(folder):
            yield False
            return
        try:
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir(mode=0o700)
            yield True
            records = sorted(folder.glob("lib/python*/site-packages/*.dist-info/RECORD"))
            names = (record.relative_to(folder).as_posix() for record in records)
            (folder / _MARKER).write_text("\n".join(names), encoding="utf-8")
        except OSError as error:
            raise _no_place(folder, error) from error


def _is_whole(folder: Path) -> bool:
    """Say whether all is there that was there when it was made, down to each package's record."""
    try:
        records = (folder / _MARKER).read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    usable = os.access(folder / "bin" / "python", os.X_OK)
    return usable and bool(records) and all((folder / record).is_file() for record in records)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the lock of an environment; it ends with the process, however that ends."""
    beside = folder.with_name(f"{folder.name}.lock")
    try:
        folder.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise _no_place(folder, error) from error
    try:
        _wait(handle, folder)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, folder: Path) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise SourceError(
                    f"another process holds {folder} for {_PATIENCE:.0f} seconds",
                    hint="end that process, or set XDG_CACHE_HOME to another folder",
                ) from None
            time.sleep(_STEP)
        else:
            return


def _no_place(folder: Path, error: OSError) -> SourceError:
    return SourceError(
        f"the environment {folder} cannot be written: {error.strerror}",
        hint="free some space, or set XDG_CACHE_HOME to a folder that can be written",
    )
