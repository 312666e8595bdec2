"""What checks have recorded in the dossier itself, and whether it is still that."""

from __future__ import annotations

import hashlib
from pathlib import Path

from runner.engine.dossier import JOURNAL
from runner.engine.journal import read
from runner.engine.resume import AttemptEnd
from runner.errors import DossierError


def recorded(live: Path, name: str) -> bytes | None:
    """Give the content that an ended attempt recorded last under a name; None where none has.

    A file that no journal tells of was put there by somebody, or by an attempt that was killed: it
    counts for nothing. Raises DossierError where it is another than the journal tells of.
    """
    known = _sha256(live / JOURNAL, name)
    if known is None:
        return None
    path = live / name
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DossierError(
            f"{path} was recorded, but cannot be read: {error.strerror}", hint=_MEND
        ) from error
    if hashlib.sha256(content).hexdigest() != known:
        raise DossierError(f"{path} is not what was recorded: its hash differs", hint=_MEND)
    return content


_MEND = "run the check that records it again"


def _sha256(journal: Path, name: str) -> str | None:
    """Give the hash of the last artifact of that name."""
    found = None
    for entry in read(journal):
        if entry.event != "attempt_ended":
            continue
        ended: AttemptEnd = entry.value(AttemptEnd)
        for step in ended.attempt.steps:
            for artifact in step.report.artifacts:
                found = artifact.sha256 if artifact.path == name else found
    return found
