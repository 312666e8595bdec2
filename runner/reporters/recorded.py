"""What the scans of a run have recorded, read back as values."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from runner.advisories.diff_shapes import DiffDocument
from runner.advisories.locks.diff import LockDiff
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
DIFF = "safety-diff.json"
"""Path in the dossier of the comparison of the two."""
LOCKS = "locks/diff.json"
"""Path in the dossier of the comparison of what was scanned."""
OUTDATED = "locks/outdated.json"
"""Path in the dossier of the list of packages of which there is a newer version."""
T = TypeVar("T")


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
    found = _content(run, dossier, name)
    return Recorded(decode(found[0], name), found[1]) if found else None


def difference(run: Run, dossier: Dossier) -> DiffDocument | None:
    """Give the comparison of findings that a run recorded; None where none has.

    Raises DossierError, as the next one.
    """
    found = document(run, dossier, DIFF, DiffDocument)
    return found[0] if found else None


def lock_difference(run: Run, dossier: Dossier) -> LockDiff | None:
    """Give the comparison of locks that a run recorded."""
    found = document(run, dossier, LOCKS, LockDiff)
    return found[0] if found else None


def document(run: Run, dossier: Dossier, name: str, shape: type[T]) -> tuple[T, StepReport] | None:
    """Give a JSON document that a scan of the run recorded, and the report of that scan.

    None where none has. Raises DossierError where it is gone, or not what was recorded.
    """
    found = _content(run, dossier, name)
    if found is None:
        return None
    try:
        return msgspec.json.decode(found[0], type=shape), found[1]
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DossierError(f"{dossier.live / name} cannot be read: {error}", hint=_MEND) from error


def _content(run: Run, dossier: Dossier, name: str) -> tuple[bytes, StepReport] | None:
    """Give what a scan of the run recorded under a name, and the report of that scan."""
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
    return content, report


_MEND = "run the check that records it again"
