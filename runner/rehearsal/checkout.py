"""The checkout: a detached git worktree with what lies in the user's work tree."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from runner.advisories.sources.base import Door, Ended
from runner.advisories.tools import last_words
from runner.errors import RunnerError, UsageError

_GIT = ("git", "-c", "core.hooksPath=/dev/null", "--no-optional-locks")
"""No hook of the user's runs, and the index is not refreshed."""


class CheckoutError(RunnerError):
    """What git refuses."""


def git(repository: Path, door: Door, *words: str) -> bytes:
    """Give what git prints; raises CheckoutError with its last words."""
    ended = _asked(repository, door, *words)
    if ended.exit_code:
        raise CheckoutError(f"git {words[0]}: {last_words(ended)}", hint="mend the repository")
    return ended.stdout


def _asked(repository: Path, door: Door, *words: str) -> Ended:
    return door.run((*_GIT, "-C", str(repository), *words))


def head(repository: Path, door: Door) -> str:
    """Give the commit; raises UsageError where there is none."""
    ended = _asked(repository, door, "rev-parse", "--verify", "--quiet", "HEAD")
    if ended.exit_code:
        raise UsageError(
            f"{repository}: has no commit that could be rehearsed",
            hint="a rehearsal takes place in a git worktree: git init, git add, git commit",
        )
    return ended.stdout.decode().strip()


def make(repository: Path, place: Path, output: Path, door: Door) -> tuple[str, ...]:
    """Check out HEAD below ``place``, with every change that is not committed laid over it.

    Gives the paths that differ from HEAD; the evidence, below ``output``, is none of them.
    """
    git(repository, door, "worktree", "add", "--quiet", "--detach", str(place), "HEAD")
    changed = tuple(_changed(repository, output, door))
    for name in changed:
        source, target = repository / name, place / name
        if target.is_symlink() or target.exists():
            target.unlink()
        if source.is_symlink() or source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
    return changed


def _changed(repository: Path, output: Path, door: Door) -> Iterator[str]:
    tracked = git(repository, door, "diff", "--name-only", "-z", "--ignore-submodules", "HEAD")
    new = git(repository, door, "ls-files", "-z", "--others", "--exclude-standard")
    for name in sorted({*tracked.split(b"\0"), *new.split(b"\0")} - {b""}):
        path = repository / os.fsdecode(name)
        if not path.is_relative_to(output) and not path.is_dir():
            yield os.fsdecode(name)


def size(repository: Path, door: Door) -> int:
    """Give the bytes of the tracked files, as a checkout of them takes."""
    names = git(repository, door, "ls-files", "-z").split(b"\0")
    paths = (repository / os.fsdecode(name) for name in names if name)
    return sum(path.lstat().st_size for path in paths if os.path.lexists(path))


def forget(repository: Path, name: str, door: Door) -> None:
    """Remove every worktree whose folder has this name, also one whose files are gone."""
    listed = git(repository, door, "worktree", "list", "--porcelain", "-z")
    for line in listed.split(b"\0"):
        path = os.fsdecode(line.removeprefix(b"worktree "))
        if line.startswith(b"worktree ") and Path(path).name == name:
            git(repository, door, "worktree", "remove", "--force", "--force", path)
