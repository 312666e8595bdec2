"""``code-quality.json``: what is worth a note, for the merge request on GitLab.

Source: "Code Quality report format" of GitLab's documentation. It is written where a run was
carried out on GitLab, and read by ``artifacts:reports:codequality``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from runner.model import Run
from runner.reporters.base import Checkout, Context, Dossier
from runner.reporters.ci.base import Note
from runner.reporters.ci.notes import notes_of
from runner.reporters.text import one_line

NAME: Final = "code-quality.json"
"""Name of the report in the folder of a stage."""
_SEVERITY: Final = {"error": "critical", "warning": "minor"}


def checkout_of(environ: Mapping[str, str]) -> Checkout | None:
    """Give where a job on GitLab has its files; None where that is not asked for: elsewhere."""
    from runner.reporters.ci import system_of

    system = system_of(environ)
    if system is None or system.name != "gitlab":
        return None
    root = Path(environ.get(system.workspace, "")).absolute()
    return Checkout((str(root),), str(Path.cwd()))


def report(run: Run, dossier: Dossier, context: Context) -> None:
    """Write it; raises RunnerError."""
    if context.checkout is None:
        return
    notes = notes_of(run, context.places)
    issues = [issue for note in notes if (issue := _issue(note, context.checkout))]
    data = msgspec.json.format(msgspec.json.encode(issues), indent=1) + b"\n"
    dossier.write(f"{run.stage}/{NAME}", data)


def _issue(note: Note, checkout: Checkout) -> dict[str, object] | None:
    if note.place is None:
        return None
    file = _below(checkout, note.place.file)
    told = (note.title, note.message, file)
    return {
        "description": one_line(f"{note.title}: {note.message}"),
        "check_name": "upgrade-runner",
        "fingerprint": hashlib.sha256("\0".join(told).encode("utf-8", "replace")).hexdigest(),
        "severity": _SEVERITY[note.level],
        "location": {"path": file, "lines": {"begin": note.place.line}},
    }


def _below(checkout: Checkout, file: str) -> str:
    """Give a path as GitLab names it: relative to its checkout, where it is inside of one."""
    path = Path(checkout.folder, file)
    for root in checkout.roots:
        if path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return file
