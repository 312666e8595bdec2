"""What must not change: the user's repository, database and artifacts, hashed to the last byte."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from runner.advisories.sources.base import Door
from runner.rehearsal.checkout import git

_CHUNK = 1 << 20
# What git holds beside the files: commits, branches, what is staged, settings.
_STATE = (
    ("rev-parse", "HEAD"),
    ("for-each-ref",),
    ("ls-files", "--stage", "-z"),
    ("config", "--local", "--list", "-z"),
)
_FILES = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate")


def of_repository(repository: Path, output: Path, door: Door) -> str:
    """Hash what git holds, and every file that it does not ignore, the evidence left out."""
    digest = hashlib.sha256()
    for words in _STATE:
        digest.update(git(repository, door, *words))
    listed = git(
        repository, door, "ls-files", "-z", "-c", "-o", "--exclude-standard", "--deduplicate"
    )
    paths = (repository / os.fsdecode(name) for name in listed.split(b"\0") if name)
    _add(digest, repository, (path for path in paths if not path.is_relative_to(output)))
    return digest.hexdigest()


def of_folder(folder: Path) -> str:
    """Hash every file below a folder; empty where there is none."""
    return of_files(_below(folder), folder) if folder.is_dir() else ""


def of_files(files: Iterable[Path], base: Path) -> str:
    """Hash files, their names relative to a folder; empty where there are none."""
    digest = hashlib.sha256()
    return digest.hexdigest() if _add(digest, base, files) else ""


def _below(folder: Path) -> Iterator[Path]:
    for inner, _, names in os.walk(folder):
        yield from (Path(inner, name) for name in names)


def _add(digest: hashlib._Hash, base: Path, paths: Iterable[Path]) -> int:
    """Add each path's name, kind and content; give how many there were."""
    count = 0
    for path in sorted(paths):
        count += 1
        digest.update(os.fsencode(path.relative_to(base)) + b"\0")
        try:
            mode = path.lstat().st_mode
        except FileNotFoundError:
            digest.update(b"missing\0")
            continue
        digest.update(f"{mode:o}\0".encode())
        if stat.S_ISLNK(mode):
            digest.update(os.fsencode(path.readlink()))
        elif stat.S_ISREG(mode):
            _content(digest, path)
    return count


def _content(digest: hashlib._Hash, path: Path) -> None:
    with path.open("rb") as stream:
        while data := stream.read(_CHUNK):
            digest.update(data)
