"""The index of a database: what each of its files is about, short enough to be kept.

An entry follows from the content of one file alone. It says whom the record is about, not what it
says of them: the records that count are read again, and must have the digest that stands here.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from runner.advisories.files import Content, File, Limits, beyond
from runner.advisories.record import read_record


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a file is about; a struct and no dataclass, for thousands are read in one go."""

    name: str
    """`File.name`."""
    stamp: str
    """`File.stamp`."""
    size: int
    """Bytes."""
    digest: str
    """SHA-256, in hex."""
    id: str
    """The record's; empty where it could not be read."""
    modified: str
    """ISO 8601 with offset; empty where it could not be read."""
    packages: tuple[str, ...]
    """The PyPI packages that it names, normalised and ordered."""
    reason: str
    """Why it could not be read, so that nobody knows whom it is about; else empty."""

    @property
    def moment(self) -> datetime:
        """Give the time of its last change for comparisons."""
        return datetime.fromisoformat(self.modified)


def make_index(
    path: Path, files: Sequence[File], kept: Mapping[tuple[str, str], Entry], limits: Limits
) -> tuple[Entry, ...]:
    """Give the entry of each file, read only where there is none of its name and stamp.

    Raises DatabaseError where the files are together larger than allowed.
    """
    found, total = [], 0
    for file in files:
        entry = kept.get((file.name, file.stamp)) if file.stamp else None
        if entry is None or entry.size > limits.record:
            entry = make_entry(file, file.read())
        total += entry.size
        if total > limits.total:
            raise beyond(path)
        found.append(entry)
    return tuple(found)


def make_entry(file: File, content: Content) -> Entry:
    """Say what a file is about.

    One that could not be read at all has no stamp, for the next time it may be readable.
    """
    size, digest = len(content.data), hashlib.sha256(content.data).hexdigest()
    if content.error:
        return Entry(file.name, "", size, digest, "", "", (), content.error)
    try:
        record = read_record(content.data)
        packages = tuple(sorted(record.packages()))
    except ValueError as error:
        return Entry(file.name, file.stamp, size, digest, "", "", (), str(error))
    return Entry(file.name, file.stamp, size, digest, record.id, record.changed, packages, "")
