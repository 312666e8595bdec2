"""The files of a repository that may repeat a version."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from runner.advisories.sources.base import Door, SourceError
from runner.release import texts
from runner.release.spots import PinError

_MOST = 50_000
"""Files that are looked at by name; a larger tree is read as far as that."""
_SKIPPED = frozenset({"node_modules", "__pycache__", "venv", "site-packages", "analysis_outputs"})


def paths_of(repository: Path, door: Door) -> tuple[PurePosixPath, ...]:
    """Give the files that git tracks or would, or without git those of the tree; in order."""
    named = _of_git(door)
    found = _walked(repository) if named is None else named
    return tuple(sorted(PurePosixPath(one) for _, one in zip(range(_MOST), found, strict=False)))


def text_of(repository: Path, path: PurePosixPath) -> str:
    """Give a file's text; nothing for a link, and for what is no text of a sensible size."""
    file = repository / path
    if file.is_symlink() or not file.is_file():
        return ""
    try:
        return texts.read(file, str(path))
    except PinError:
        return ""


def _of_git(door: Door) -> list[str] | None:
    try:
        ended = door.run(
            ("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"), timeout=60.0
        )
    except SourceError:
        return None
    if ended.exit_code != 0:
        return None
    return [os.fsdecode(one) for one in ended.stdout.split(b"\0") if one]


def _walked(repository: Path) -> Iterator[str]:
    for folder, folders, files in os.walk(repository):
        folders[:] = sorted(
            one for one in folders if one not in _SKIPPED and not one.startswith(".")
        )
        for name in sorted(files):
            yield Path(folder, name).relative_to(repository).as_posix()
