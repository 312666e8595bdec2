"""Paths that stay inside the repository."""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

from runner.playbook.shapes import Convert, Text

_INSIDE = r"(?!/)(?!(?:.*/)?\.\.(?:/|$))(?!.*\$\{\{)[^\x00-\x1f\x7f]+"

REPOSITORY_PATH = Convert[str](
    Text(
        pattern=_INSIDE,
        expected="a path inside the repository, relative to it and without '..'",
    ),
    posixpath.normpath,
)
"""The shape of such a path; where it leads to is for `Confinement` to say."""

_SCRATCH = "${{ run.scratch }}/"

ARTIFACT_GLOB = Text(
    pattern=r"(?:\$\{\{ run\.scratch \}\}/)?" + _INSIDE,
    expected=f"a glob inside the repository, or below '{_SCRATCH}', without '..'",
)
"""The shape of an artifact glob."""


def inside(path: str) -> bool:
    """Say whether a path, as it is written, is one inside the repository."""
    return re.fullmatch(_INSIDE, path) is not None


class Confinement:
    """Tells whether paths lead out of a repository through symbolic links."""

    def __init__(self, repository: Path) -> None:
        """Resolve the repository once."""
        self._root = os.path.realpath(repository)
        self._known: dict[str, bool] = {".": True}

    def holds(self, path: str) -> bool:
        """Say whether a relative path, as far as it exists, stays inside."""
        answer = self._known.get(path)
        if answer is None:
            real = os.path.realpath(os.path.join(self._root, path))  # noqa: PTH118 - hot path
            answer = real == self._root or real.startswith(self._root.rstrip(os.sep) + os.sep)
            self._known[path] = answer
        return answer


def find_repository(file: Path) -> Path:
    """Give the git top level around a playbook, else the folder of its ``config``, else its own."""
    folder = file.absolute().parent
    for candidate in (folder, *folder.parents):
        if (candidate / ".git").exists():
            return candidate
    return folder.parent if folder.name == "config" else folder


def shown(path: Path) -> str:
    """Give a path as the user would type it: relative where it is below the current folder."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
