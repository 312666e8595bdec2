"""The journal's chain, followed while its bytes pass by."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

_GENESIS = "0" * 64
_LONGEST = 256 << 20
"""Bytes of one line; a record of a million cases is smaller."""

_PIECE = 1 << 20


class _Link(msgspec.Struct, frozen=True):
    """What is read of a line: its number, its time, and the hash of the line before."""

    seq: int
    time: str
    prev: str


def problem_of(journal: Path) -> str:
    """Say what is wrong with a journal's chain; empty where nothing is. Raises OSError."""
    chain = Chain()
    with journal.open("rb") as stream:
        while data := stream.read(_PIECE):
            chain.feed(data)
    return chain.problem


class Chain:
    """Checks that each line names the hash of the one before."""

    def __init__(self) -> None:
        """Begin at the first line."""
        self.problem = ""
        """What is wrong with the first line that breaks the chain; empty where none does."""
        self.lines = 0
        """How many whole lines there were."""
        self.last = ""
        """The time of the last whole line."""
        self._prev = _GENESIS
        self._rest = b""

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            self._link(line)
        if len(self._rest) > _LONGEST:
            self._break("is longer than 256 MiB")
            self._rest = b""

    @property
    def torn(self) -> bool:
        """Whether the last line has no end, as a crash or a full disk leaves it."""
        return bool(self._rest)

    def _link(self, line: bytes) -> None:
        self.lines += 1
        try:
            link = msgspec.json.decode(line, type=_Link)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._break("is no line of a journal")
            return
        if link.prev != self._prev or link.seq != self.lines:
            self._break("does not follow the line before it")
        self._prev, self.last = hashlib.sha256(line).hexdigest(), link.time

    def _break(self, why: str) -> None:
        self.problem = self.problem or f"line {self.lines} {why}"
