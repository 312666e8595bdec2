"""The SARIF of a run: from what its checks recorded to ``<stage>/findings.sarif``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from runner.model import Outcome, Place, Run, StepReport
from runner.reporters.base import Context, Dossier
from runner.reporters.recorded import AFTER, BEFORE, Recorded, recorded
from runner.reporters.sarif.log import Scan, sarif
from runner.reporters.sarif.places import Places, places
from runner.reporters.sarif.rulings import rulings
from runner.reporters.scans import scans

_NAME = "findings.sarif"
_NOTHING = "no scan was recorded"
_UNDECIDED = frozenset({Outcome.ERRORED, Outcome.SKIPPED})
_LARGEST_FILE = 16 << 20
"""Bytes of a file in which lines are looked for; the greatest locks have some hundred kilobytes."""


def report(run: Run, dossier: Dossier, context: Context) -> None:
    """Write the SARIF of a run in which something was scanned.

    Raises DossierError and SnapshotError.
    """
    found = _scanned(run, dossier)
    scan = Scan(
        snapshot=found.snapshot if found else None,
        rulings=rulings(found.report) if found else {},
        errors=tuple(_errors(scans(run))) or (() if found else (_NOTHING,)),
    )
    playbook = Place(run.subject.playbook, 1, 1)
    release = context.places.get(found.snapshot.package, playbook) if found else playbook
    identity = f"upgrade-runner/{run.subject.package}/{run.stage}/{run.id}"
    # A package that stands nowhere came with the release's, which may.
    written = sarif(scan, Places(context.places, release), identity)
    dossier.write(f"{run.stage}/{_NAME}", written)


def _scanned(run: Run, dossier: Dossier) -> Recorded | None:
    return recorded(run, dossier, AFTER) or recorded(run, dossier, BEFORE)


def places_of(
    run: Run, dossier: Dossier, repository: Path, files: tuple[str, ...]
) -> Mapping[str, Place]:
    """Find the packages of a scan in what was scanned, else in other files of the repository.

    Raises DossierError and SnapshotError.
    """
    scanned = _scanned(run, dossier)
    if scanned is None:
        return {}
    inventory = scanned.snapshot.inventory
    found: dict[str, Place] = {}
    for file in (inventory.subject, *files):
        found = {**places(file, _text(repository, file), inventory.components), **found}
    return found


def _text(repository: Path, file: str) -> str:
    """Give the text of a file of the repository; nothing where there is none such."""
    path = repository / file
    try:
        inside = path.resolve().is_relative_to(repository.resolve())
        if not inside or not path.is_file() or path.stat().st_size > _LARGEST_FILE:
            return ""
        return path.read_text("utf-8", "replace")
    except (OSError, ValueError, RuntimeError):  # a subject need not be a file, nor its name a path
        return ""


def _errors(reports: tuple[StepReport, ...]) -> Iterator[str]:
    """Say why a scan was not done, or could not be judged."""
    for report in reports:
        if report.outcome in _UNDECIDED:
            yield "; ".join(filter(None, (report.reason or "the scan was not done", report.hint)))
