"""An environment for each version: made of its locks by uv, and kept in the user's cache."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

from runner.advisories.environments import made
from runner.advisories.sources.base import Door, Ended, SourceError
from runner.advisories.tools import cache, last_words

_PATIENCE = 1800.0
"""Seconds for one installation; a gigabyte over a slow line takes a while."""


def environment(locks: Mapping[str, bytes], python: str, door: Door) -> tuple[Path, bool]:
    """Give the folder with an environment of these locks, and whether it was made just now.

    The folder is named after the interpreter and the locks, so that other locks are another
    environment. Raises SourceError where uv is missing, or refuses.
    """
    interpreter = python or sys.executable
    digest = hashlib.sha256(f"{_base(interpreter)}\n{sys.version}\n".encode())
    for name, content in sorted(locks.items()):
        digest.update(f"{name}\n{hashlib.sha256(content).hexdigest()}\n".encode())
    folder = cache(door.env) / "environments" / digest.hexdigest()[:20]
    with made(folder) as fresh:
        if fresh:
            _make(folder, locks, interpreter, door)
    return folder, fresh


def _base(interpreter: str) -> str:
    """Give what an interpreter's environments are made of: not its own environment, if it has one.

    The runner's may be made anew, elsewhere too, and what was made of the same Python stays right.
    """
    return os.path.realpath(interpreter) if os.sep in interpreter else interpreter


def _make(folder: Path, locks: Mapping[str, bytes], interpreter: str, door: Door) -> None:
    named: list[str] = []
    for number, content in enumerate(locks.values(), 1):
        file = folder / f"lock-{number}.txt"
        file.write_bytes(content)
        named += ["--requirement", str(file)]
    _uv(door, "venv", "--quiet", "--allow-existing", "--python", interpreter, str(folder))
    target = ("--python", str(folder / "bin" / "python"))
    _uv(door, "pip", "install", "--quiet", "--no-deps", "--compile-bytecode", *target, *named)


def _uv(door: Door, *words: str) -> Ended:
    ended = door.run(("uv", *words), timeout=_PATIENCE)
    if ended.exit_code:
        raise SourceError(
            f"the environment cannot be made: {last_words(ended)}",
            hint="the lock must install on this machine: try it with 'uv pip install -r LOCK'",
        )
    return ended


def entered(folder: Path, environ: Mapping[str, str]) -> dict[str, str]:
    """Give the variables with which the environment comes first on the PATH."""
    path = os.pathsep.join([str(folder / "bin"), *filter(None, [environ.get("PATH", "")])])
    kept = {name: value for name, value in environ.items() if name != "PYTHONHOME"}
    return {**kept, "PATH": path, "VIRTUAL_ENV": str(folder)}
