"""What the scans of a run have recorded, read back as values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from runner.advisories.safety_document import decode
from runner.advisories.snapshot import Snapshot
from runner.errors import DossierError
from runner.model import Run, StepReport
from runner.reporters.base import Dossier
from runner.reporters.scans import scans

BEFORE = "safety-before.json"
"""Path in the dossier of the baseline."""
AFTER = "safety-after.json"
"""Path in the dossier of the scan that the gate is about."""


@dataclass(frozen=True)
class Recorded:
    """A snapshot, and the report of the step that recorded it."""

    snapshot: Snapshot
    """What was found."""
    report: StepReport
    """What was made of it."""


def recorded(run: Run, dossier: Dossier, name: str) -> Recorded | None:
    """Give the snapshot that a scan of the run recorded under a name; None where none has.

    Raises DossierError where the file is gone, or is none that a scan of the run recorded, and
    SnapshotError where it is no snapshot.
    """
    reports = {
        artifact.sha256: report
        for report in scans(run)
        for artifact in report.artifacts
        if artifact.path == name
    }
    if not reports:
        return None
    path = dossier.live / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DossierError(f"cannot read {path}: {error.strerror}", hint=_MEND) from error
    report = reports.get(hashlib.sha256(content).hexdigest())
    if report is None:
        raise DossierError(f"{path} is not what was recorded: its hash differs", hint=_MEND)
    return Recorded(decode(content, name), report)


_MEND = "run the check that records it again"
