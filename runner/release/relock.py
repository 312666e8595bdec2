"""Locks made anew by the command that they name in their own first lines, on a copy.

The header is that of ``uv pip compile``. The old lock lies beside the copy, so that uv keeps each
version in it that the new release allows.
"""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from runner.advisories.sources.base import Door
from runner.release import texts
from runner.release.spots import PinError

_HEADER = re.compile(r"^#\s+(uv pip compile .*?)\r?$", re.MULTILINE)
_HEAD = 2000
"""Characters in which the command must stand."""


def relock(door: Door, repository: Path, drafts: Mapping[str, str], lock: str) -> str:
    """Give the new text of a lock, from the drafts and what else its command reads.

    Raises PinError for a lock that names no command, or that cannot be solved.
    """
    command = _HEADER.search(drafts[lock][:_HEAD])
    if command is None:
        raise PinError(
            f"{lock}: does not say by which command it was made",
            hint="make it with 'uv pip compile', which writes its command into the lock",
        )
    argv = shlex.split(command[1])[3:]
    tree = Path(door.scratch) / "relock"
    _copy(repository, drafts, tree, [one for one in argv if not one.startswith("-")])
    ended = door.run(
        ("uv", "--directory", str(tree), "pip", "compile", "--quiet", *argv),
        env={"UV_CUSTOM_COMPILE_COMMAND": command[1]},  # the header stays as it is
    )
    if ended.exit_code:
        why = " ".join(ended.stderr.decode(errors="replace").split())
        raise PinError(
            f"{lock}: cannot be solved: {why or 'uv does not say why'}",
            hint="choose another version (runner triage), or loosen the other requirements",
        )
    return texts.read(tree / lock, lock)


def _copy(repository: Path, drafts: Mapping[str, str], tree: Path, named: list[str]) -> None:
    """Lay out what uv may read: the folders of the files in its command, and the drafts."""
    files = {one for one in named if (repository / one).is_file()} | set(drafts)
    for folder in {str(Path(one).parent) for one in files}:
        for file in (repository / folder).iterdir():
            if file.suffix in {".in", ".txt", ".toml"} and file.is_file():
                target = tree / folder / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
    for path, text in drafts.items():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        (tree / path).write_bytes(texts.encode(text))
