"""How far the journal had come: its length, and the hash of its last line."""

from __future__ import annotations

import hashlib
from pathlib import Path

import msgspec

from runner.errors import DossierError

_BLOCK = 1 << 20
"""Bytes that are read at once."""
_END = "run_ended"
"""The event that the journal gets after the reports of a run are written."""


class _Line(msgspec.Struct, frozen=True):
    """What is read of a line of the journal."""

    event: str


class JournalHead(msgspec.Struct, frozen=True):
    """How far the journal had come when the last run's checks had ended."""

    lines: int
    """How many."""
    sha256: str
    """Of the last of them: it stands for all, as each line holds the hash of the one before."""


def journal_head(path: Path) -> JournalHead:
    """Look at the whole lines, but for one at the end that is written after the reports.

    Raises DossierError.
    """
    lines, before, last = _end_of(path)
    if lines and _event(last, path) == _END:
        lines, last = lines - 1, before
    return JournalHead(lines, hashlib.sha256(last).hexdigest() if lines else "")


def _event(line: bytes, path: Path) -> str:
    try:
        return msgspec.json.decode(line, type=_Line).event
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DossierError(f"{path}: its last line is damaged: {error}") from error


def _end_of(path: Path) -> tuple[int, bytes, bytes]:
    """Count the whole lines, and give the last two."""
    lines, rest = 0, b""
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                lines += block.count(b"\n")
                # As much as holds three ends of lines, before which all is told.
                rest = _from_third_last_end(rest + block)
    except FileNotFoundError:
        return 0, b"", b""
    except OSError as error:
        raise DossierError(f"cannot read {path}: {error.strerror}") from error
    before, last = (b"", b"", *rest.split(b"\n")[:-1])[-2:]
    return lines, before, last


def _from_third_last_end(data: bytes) -> bytes:
    place = len(data)
    for _ in range(3):
        place = data.rfind(b"\n", 0, place)
        if place < 0:
            return data
    return data[place + 1 :]
