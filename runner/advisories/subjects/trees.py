"""Where the files of a subject are read: the work tree, or a commit of its repository."""

from __future__ import annotations

import os
import posixpath
import re
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runner.advisories.files import shown
from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import SubjectError, answer

MOST = 8 << 20
"""Bytes of one file; the lock of a graph of 500 packages with all its hashes has 1 MB."""
_GIT = 60.0
"""Seconds for a question to git; a partial clone fetches the file first."""
_COMMIT = re.compile(rb"[0-9a-f]{40}|[0-9a-f]{64}")
"""Object names of SHA-1 and SHA-256 repositories (gitrepository-layout(5))."""
_ENTRY = re.compile(rb"(?P<mode>\d{6}) (?P<type>\w+) (?P<id>[0-9a-f]+) +(?P<size>\d+|-)\t[^\0]+\0")
"""One entry of ``git ls-tree --long -z`` (git-ls-tree(1), section "Output format")."""
_LINK = b"120000"
"""The mode of a symbolic link in a tree (gitdatamodel(7))."""


class Tree(Protocol):
    """Files of a repository, in one state of it."""

    @property
    def origin(self) -> str:
        """As in `Inventory.origin`."""

    def read(self, path: str) -> bytes:
        """Give a file by its path in the repository; raises SubjectError."""

    def laid(self, contents: Mapping[str, bytes]) -> Path:
        """Give a folder in which files that were read stand under their paths."""


def within(path: str, beside: str = "") -> str:
    """Give a path in the repository, meant from the folder of another file; raises SubjectError."""
    plain = posixpath.normpath(posixpath.join(posixpath.dirname(beside), path))
    outside = plain.startswith("/") or plain.split("/")[0] in {".", ".."}
    if outside or not plain.isprintable():
        place = f"{beside}: " if beside else ""
        raise SubjectError(
            f"{place}{path!r} is no path inside the repository",
            hint="name a file of the repository, relative to "
            + ("the file that names it" if beside else "its top folder"),
        )
    return plain


def tree(door: Door, base: str = "") -> Tree:
    """Give the work tree, or the commit that a git ref stands for; raises SubjectError."""
    return _commit(door, base) if base else WorkTree(door.repository)


@dataclass(frozen=True)
class WorkTree:
    """The files as they lie there."""

    root: Path
    """The repository."""
    origin: str = ""
    """As in `Inventory.origin`."""

    def read(self, path: str) -> bytes:
        """Give a file; one that is behind symbolic links must be in the repository too."""
        root = os.path.realpath(self.root)
        real = os.path.realpath(self.root / within(path))
        if not real.startswith(root.rstrip(os.sep) + os.sep):
            raise SubjectError(
                f"{path} leads out of the repository to {shown(real)}",
                hint="what is not in the repository is not part of the release; move the file in",
            )
        try:
            return _regular(path, real)
        except OSError as error:
            raise SubjectError(
                f"{path} cannot be read: {error.strerror}",
                hint="name a file of the repository, relative to its top folder",
            ) from error

    def laid(self, contents: Mapping[str, bytes]) -> Path:
        """Give the repository itself: what stands beside the files is found as well."""
        del contents
        return self.root


def _regular(path: str, real: str) -> bytes:
    # A pipe would wait for ever.
    handle = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as stream:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise SubjectError(f"{path} is not a plain file", hint="name a plain file")
        data = stream.read(MOST + 1)
    if len(data) > MOST:
        raise _too_large(path)
    return data


@dataclass(frozen=True)
class Commit:
    """The files of a commit, which need not be checked out."""

    door: Door
    """Reaches git."""
    ref: str
    """As the user named it: ``origin/main``."""
    commit: str
    """What it stands for, in hex digits."""

    @property
    def origin(self) -> str:
        """Name both."""
        return f"{self.ref} ({self.commit})"

    def read(self, path: str) -> bytes:
        """Give a file; its size is known before it is read."""
        plain = within(path)
        listed = self._git("ls-tree", "--long", "-z", self.commit, "--", plain)
        entry = _ENTRY.fullmatch(listed)
        if entry is None or entry["type"] != b"blob" or entry["mode"] == _LINK:
            raise SubjectError(
                f"{plain} is not a plain file in {self.origin}",
                hint="there is no 'before' for it there; choose another base, or none",
            )
        if int(entry["size"]) > MOST:
            raise _too_large(plain)
        # Not `git show`, which would run the filters for people that an attribute names (textconv).
        return self._git("cat-file", "blob", entry["id"].decode())

    def laid(self, contents: Mapping[str, bytes]) -> Path:
        """Write the files into a folder of this run."""
        root = Path(tempfile.mkdtemp(prefix="base-", dir=self.door.scratch))
        for path, content in contents.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(content)
        return root

    def _git(self, *words: str) -> bytes:
        trouble = f"git cannot say what is in {self.origin}"
        hint = "is the clone whole? `git fsck` tells"
        return answer(
            self.door,
            ("git", "--literal-pathspecs", *words),
            trouble=trouble,
            hint=hint,
            timeout=_GIT,
        )


def _commit(door: Door, ref: str) -> Commit:
    if not ref.isprintable():
        raise SubjectError(f"{ref!r} is no git ref", hint="name a branch, tag or commit")
    argv = ("git", "rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
    trouble = f"the base {ref!r} is no commit of this clone"
    found = answer(door, argv, trouble=trouble, hint=_fetch(ref), timeout=_GIT).strip()
    if not _COMMIT.fullmatch(found):
        raise SubjectError(trouble, hint=_fetch(ref))
    return Commit(door, ref, found.decode())


def _fetch(ref: str) -> str:
    remote, slash, branch = ref.partition("/")
    if not slash:
        return "name a branch, tag or commit that is here: `git branch --all` and `git tag` tell"
    # A clone of one branch keeps no other one unless told where to.
    return f"fetch it first: git fetch {remote} {branch}:refs/remotes/{remote}/{branch}"


def _too_large(path: str) -> SubjectError:
    return SubjectError(
        f"{path} has more than {MOST} bytes", hint="no file of requirements is so large"
    )
