"""JUnit XML of a run, for GitHub reporters, GitLab and Jenkins.

The ``strict`` dialect validates against Jenkins xUnit's ``junit-10.xsd``; ``extended`` adds
``<properties>`` to test cases, which pytest, GitLab and Testmo read and that schema does not allow.
The report is red (has a ``failure`` or an ``error``) exactly when the run's verdict is not passed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from runner.errors import DossierError
from runner.model import Run
from runner.reporters.base import Context, Dialect, Dossier
from runner.reporters.junit.document import chunks
from runner.reporters.reading import rerun_of

_BUFFER = 1 << 16


def report(run: Run, dossier: Dossier, context: Context) -> None:
    """Write ``<stage>/junit.xml``; raises DossierError."""
    path = dossier.live / run.stage / "junit.xml"
    try:
        write(run, path, dialect=context.junit_dialect, rerun=rerun_of(run))
    except OSError as error:
        raise DossierError(f"cannot write {path}: {error.strerror}") from error


def write(
    run: Run,
    target: BinaryIO | str | os.PathLike[str],
    *,
    dialect: Dialect = "strict",
    rerun: Callable[[str], str] | None = None,
) -> None:
    """Write the report to a binary stream, or to a file that then appears by atomic rename.

    ``rerun`` gives the command that repeats the check of an id; it is told with each failure.
    Raises OSError where the target cannot be written; a file of that name is then left as it was.
    """
    if not isinstance(target, (str, os.PathLike)):
        _stream(run, target, dialect, rerun)
        return
    path = Path(target)
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as stream:
            _stream(run, stream, dialect, rerun)
        part.replace(path)
    except BaseException:
        with suppress(OSError):
            part.unlink()
        raise


def _stream(
    run: Run, stream: BinaryIO, dialect: Dialect, rerun: Callable[[str], str] | None
) -> None:
    pending: list[str] = []
    size = 0
    for chunk in chunks(run, extended=dialect == "extended", rerun=rerun):
        pending.append(chunk)
        size += len(chunk)
        if size >= _BUFFER:
            stream.write("".join(pending).encode())
            pending.clear()
            size = 0
    stream.write("".join(pending).encode())
