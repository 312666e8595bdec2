"""Results that wait in a file: a hundred thousand of them take 400 MB as objects."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, overload

import msgspec

from runner.model import Outcome, Result

_decode = msgspec.json.Decoder(Result).decode


class Slot(NamedTuple):
    """Where a result waits, and what a verdict needs of it."""

    offset: int
    """Bytes before it."""
    size: int
    """Bytes of its JSON."""
    outcome: Outcome
    """Its outcome."""
    counts: bool
    """Whether it bears on the verdict."""


class Spool:
    """The file; results are added at its end and read from anywhere."""

    def __init__(self, file: BinaryIO) -> None:
        """Begin with an empty file, open for reading and writing, without a buffer."""
        self._file = file
        self._size = 0

    def add(self, content: bytes, outcome: Outcome, *, counts: bool) -> Slot:
        """Take a result as JSON."""
        [slot] = self.extend([(content, outcome, counts)])
        return slot

    def extend(self, contents: Iterable[tuple[bytes, Outcome, bool]]) -> list[Slot]:
        """Take results, each as JSON, with its outcome and whether it counts."""
        slots, pieces, end = [], [], self._size
        for content, outcome, counts in contents:
            slots.append(Slot(end, len(content), outcome, counts))
            pieces.append(content)
            end += len(content)
        self._file.write(b"".join(pieces))
        self._size = end
        return slots

    def read(self, slot: Slot) -> bytes:
        """Give the JSON of a result."""
        return os.pread(self._file.fileno(), slot.size, slot.offset)

    def each(self, slots: Iterable[Slot]) -> Iterator[bytes]:
        """Give the JSON of results, one after the other."""
        fd, read = self._file.fileno(), os.pread
        return (read(fd, slot[1], slot[0]) for slot in slots)


class SpooledResults(Sequence[Result]):
    """Results in the order of the playbook, each read when it is asked for."""

    def __init__(self, spool: Spool, slots: Sequence[Slot]) -> None:
        """Take where they are."""
        self._spool = spool
        self._slots = slots

    def __len__(self) -> int:
        """Count them."""
        return len(self._slots)

    @overload
    def __getitem__(self, place: int) -> Result: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Result]: ...
    def __getitem__(self, place: int | slice) -> Result | Sequence[Result]:
        """Read one, or give some of them."""
        if isinstance(place, slice):
            return SpooledResults(self._spool, self._slots[place])
        return _decode(self._spool.read(self._slots[place]))

    def __iter__(self) -> Iterator[Result]:
        """Read one after the other."""
        return map(_decode, self.written())

    def written(self) -> Iterator[bytes]:
        """Give each as JSON."""
        return self._spool.each(self._slots)
