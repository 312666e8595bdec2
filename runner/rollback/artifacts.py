"""Which artifacts were written since the backup: the way back takes them away with the rows."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from runner.advisories.moments import moment
from runner.model import Playbook


def store_of(book: Playbook) -> Path | None:
    """Give the folder that the playbook names as what users have; None where it names none."""
    name = book.rehearsal.artifacts if book.rehearsal else ""
    folder = book.variables.get(name, "")
    return Path(book.repository) / folder if folder else None


def written_since(folder: Path, since: str) -> int | None:
    """Count the files that were written after a moment (ISO 8601), by their own times.

    None where that cannot be told: no such moment, or a folder that may not be read.
    """
    begun = moment(since)
    if begun is None:
        return None
    try:
        return sum(path.lstat().st_mtime > begun.timestamp() for path in _files(folder))
    except OSError:
        return None


def _files(folder: Path) -> Iterator[Path]:
    """Give every file; raises OSError for a folder that cannot be read, but not for none."""
    if not folder.exists():
        return
    for place, _, names in os.walk(folder, onerror=_refuse):
        yield from (Path(place, name) for name in names)


def _refuse(error: OSError) -> None:
    raise error
