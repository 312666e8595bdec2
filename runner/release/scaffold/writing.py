"""A scaffold is written whole, or not at all; what exists is never touched."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from runner.errors import RunnerError, UsageError
from runner.kinds import load_kinds
from runner.playbook import load
from runner.playbook.problems import PlaybookInvalid
from runner.release.scaffold.render import KEPT


def new_files(repository: Path, texts: Mapping[str, str]) -> Mapping[str, str]:
    """Leave out what may exist already; raises UsageError for what may not."""
    there = [one for one in texts if os.path.lexists(repository / one)]
    blocked = [one for one in there if one not in KEPT]
    if blocked:
        raise UsageError(
            f"{', '.join(blocked)}: exists already",
            hint="edit it, or move it away to scaffold it anew",
        )
    root = repository.resolve()
    for one in texts:
        if not (repository / one).resolve().is_relative_to(root):
            raise UsageError(f"{one}: leads out of the repository", hint="remove the link")
    return {path: text for path, text in texts.items() if path not in there}


def refuse_invalid(playbook: str, texts: Mapping[str, str]) -> None:
    """Read the playbook as `runner lint` would; raises UsageError where it is not valid."""
    with tempfile.TemporaryDirectory(prefix="upgrade-runner-init-") as name:
        root = Path(name)
        _write(root, texts)
        try:
            load(root / playbook, kinds=load_kinds(), repository=root, environment=None)
        except PlaybookInvalid as error:
            raise UsageError(
                f"no valid playbook can be made of what is here: {error.problems[0].message}",
                hint="rename the file or value that it is about, or write the playbook by hand",
            ) from error


def write(repository: Path, texts: Mapping[str, str]) -> None:
    """Write files that do not exist; raises RunnerError, and then none is left."""
    try:
        _write(repository, texts)
    except OSError as error:
        raise RunnerError(
            f"cannot write {error.filename}: {error.strerror}", hint="nothing was written"
        ) from error


def _write(root: Path, texts: Mapping[str, str]) -> None:
    written: list[Path] = []
    try:
        for path, text in texts.items():
            file = root / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("xb") as stream:
                written.append(file)
                stream.write(text.encode())
    except OSError:
        for file in written:
            with contextlib.suppress(OSError):
                file.unlink()
        raise
