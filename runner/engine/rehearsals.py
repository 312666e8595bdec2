"""Where rehearsals have their dossiers, and what the last one of a step has found."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from runner.engine.dossier import JOURNAL
from runner.engine.journal import read
from runner.engine.upgrade import begun_from
from runner.errors import DossierError
from runner.model.rehearsed import ENDED, NAME, Rehearsed

_MEND = "rehearse again: runner rehearse"


def place_of(output: Path, before: str, after: str) -> Path:
    """Give the folder, as ``--output`` names one, in which such a rehearsal has its dossier."""
    return output / "rehearsals" / f"{before}-{after}"


def rehearsed(live: Path, before: str, after: str) -> Rehearsed | None:
    """Give the last rehearsal of a step, as it was recorded; None where there is none.

    Without a version to begin with it is that of the dossier ``live``. Raises DossierError where
    the record is not the one that its journal tells of.
    """
    place = place_of(live.parent, before or begun_from(live), after) / "live"
    known = _sha256(place / JOURNAL)
    if known is None:
        return None
    path = place / NAME
    try:
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != known:
            raise DossierError(f"{path} is not what was recorded: its hash differs", hint=_MEND)
        return msgspec.json.decode(content, type=Rehearsed)
    except OSError as error:
        raise DossierError(
            f"{path} was recorded, but cannot be read: {error.strerror}", hint=_MEND
        ) from error
    except msgspec.DecodeError as error:
        raise DossierError(f"{path} is of another version: {error}", hint=_MEND) from error


def _sha256(journal: Path) -> str | None:
    """Give the hash of the last record; a rehearsal that began and did not end has none."""
    found = None
    for entry in read(journal):
        if entry.event == "rehearsal_started":
            found = None
        elif entry.event == ENDED:
            found = str(entry.value()["sha256"])
    return found
