"""The reporters: what is written at the end of a run, and made again by ``runner report``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from importlib import import_module

from runner.errors import RunnerError
from runner.model import Run
from runner.reporters import context as kept
from runner.reporters.base import Context, Dossier, Reporter
from runner.reporters.scans import scans


def _always(run: Run) -> bool:
    del run
    return True


def _has_scanned(run: Run) -> bool:
    return bool(scans(run))


_HOMES: dict[str, tuple[str, Callable[[Run], bool]]] = {
    "junit": ("runner.reporters.junit", _always),
    "summary": ("runner.reporters.markdown", _always),
    "sarif": ("runner.reporters.sarif", _has_scanned),
    "sbom": ("runner.reporters.sbom", _has_scanned),
    "code-quality": ("runner.reporters.code_quality", _always),
    "html": ("runner.reporters.html", _always),
}
"""Format to the module whose ``report`` is a `Reporter`, and the runs that have such a report: a
line adds one. They are written in this order, and a module is imported where it is needed."""

FORMATS = tuple(_HOMES)
"""Every format, by the name that ``runner report --format`` takes."""


def write(run: Run, dossier: Dossier, context: Context, formats: Iterable[str] = FORMATS) -> None:
    """Write the reports of a run in some formats; raises RunnerError."""
    for name in formats:
        module, has = _HOMES[name]
        if has(run):
            reporter: Reporter = import_module(module).report
            reporter(run, dossier, context)


def rebuild(
    runs: Iterable[Run], dossier: Dossier, formats: Sequence[str] = FORMATS
) -> dict[str, RunnerError]:
    """Write the reports of a dossier's runs again, in the order in which the runs began.

    Gives what kept a stage's reports from being made; those that are there then stay.
    """
    troubles: dict[str, RunnerError] = {}
    for run in runs:
        for name in formats:
            try:
                write(run, dossier, kept.read(dossier.live, run.stage), (name,))
            except RunnerError as error:
                troubles.setdefault(run.stage, error)
    return troubles
