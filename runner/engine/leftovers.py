"""What a run that was killed left behind: its processes, and its scratch folder."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from runner.engine import resume
from runner.engine.dossier import remove_scratch
from runner.engine.tree import end, marked


def end_leftovers(journal: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """End what runs of a dossier left that never ended; give each run with what was ended.

    Raises DossierError for a journal that was changed.
    """
    for run in resume.unfinished(journal):
        yield run, end_marked(run)


def end_marked(run: str) -> tuple[str, ...]:
    """End the living processes of a run that is dead, and remove its scratch folder."""
    names = end(partial(marked, f"{run}."))
    remove_scratch(run)
    return names
