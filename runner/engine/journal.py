"""The journal: append-only, one JSON object a line, each carrying the hash of the one before.

A line is ``{"seq", "time", "run", "event", "data", "prev"}``; ``prev`` is the SHA-256 of the
previous line's bytes without its line feed, 64 zeros for the first. Changing, removing or
reordering any line breaks the chain at the next.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import threading
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from runner.engine.clock import now
from runner.engine.redaction import Redactor, scrubbed_json
from runner.errors import DossierError
from runner.files import make_durable

T = TypeVar("T")

GENESIS = "0" * 64
"""What the first line names as the hash before it."""


class Entry(msgspec.Struct, frozen=True):
    """One line of the journal."""

    seq: int
    """Counted from 1."""
    time: str
    """Time of day."""
    run: str
    """Id of the run that wrote it."""
    event: str
    """``run_started``, ``check_ended``, …"""
    data: msgspec.Raw
    """What happened, as JSON."""
    prev: str
    """SHA-256 of the previous line."""

    def value(self, of: type[Any] = dict) -> Any:  # noqa: ANN401 - msgspec checks the type
        """Decode the data as the given type."""
        return msgspec.json.decode(self.data, type=of)


_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Entry).decode
_DECODE_LINES = msgspec.json.Decoder(Entry).decode_lines


class Journal:
    """An open journal; every method may be called from any thread."""

    def __init__(self, path: Path, run: str, redactor: Redactor) -> None:
        """Open or create it, check its chain, and cut off a torn last line.

        Raises DossierError where a line is damaged: evidence must not be continued from there.
        """
        self._path = path
        self._run = run
        self._redactor = redactor
        self._lock = threading.Lock()
        self._seq, self._prev, whole = _end_of(path)
        try:
            self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            torn = os.fstat(self._fd).st_size - whole
            if torn:
                os.ftruncate(self._fd, whole)
        except OSError as error:
            raise _unwritable(path, error) from error
        if torn:
            self.append("journal_mended", {"bytes_cut": torn})

    def append(self, event: str, data: T, *, durable: bool = False) -> T:
        """Add a line, and give its data as they were written: without secrets.

        ``durable`` returns only once the line is on the disk. Raises DossierError.
        """
        clean, written = scrubbed_json(data, self._redactor)
        with self._lock:
            line = self._line(event, msgspec.Raw(written))
            try:
                _write_whole(self._fd, line + b"\n")
                if durable:
                    make_durable(self._fd)
            except OSError as error:
                raise _unwritable(self._path, error) from error
            self._seq += 1
            self._prev = hashlib.sha256(line).hexdigest()
        return clean

    def adopt(self, entries: Iterable[Entry]) -> None:
        """Add what another journal tells: it was redacted when it was written there.

        Raises DossierError. These lines are durable with the next durable one.
        """
        with self._lock:
            written, time, seq, prev = [], now(), self._seq, self._prev
            first = seq + 1
            for seq, entry in enumerate(entries, first):
                line = _ENCODE(Entry(seq, time, self._run, entry.event, entry.data, prev))
                prev = hashlib.sha256(line).hexdigest()
                written.append(line)
            try:
                _write_whole(self._fd, b"".join(line + b"\n" for line in written))
            except OSError as error:
                raise _unwritable(self._path, error) from error
            self._seq, self._prev = seq, prev

    def _line(self, event: str, clean: msgspec.Raw) -> bytes:
        """Give the next line, without its end."""
        return _ENCODE(Entry(self._seq + 1, now(), self._run, event, clean, self._prev))

    def close(self) -> None:
        """Make the last lines durable, and let go."""
        with self._lock:
            with contextlib.suppress(OSError):  # what counts was made durable when it was added
                os.fsync(self._fd)
            os.close(self._fd)


def read(path: Path) -> Iterator[Entry]:
    """Give the entries of a journal, checking the chain; raises DossierError.

    A last line without its line feed was torn by a crash or a full disk, and is passed over.
    """
    return (entry for entry, _ in lines(path))


def lines(path: Path) -> Iterator[tuple[Entry, bytes]]:
    """Give each entry as `read` does, with its line as it stands there."""
    prev = GENESIS
    try:
        with path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if line.endswith(b"\n"):
                    yield _entry(path, number, line[:-1], prev), line
                    prev = hashlib.sha256(line[:-1]).hexdigest()
    except FileNotFoundError:
        return
    except OSError as error:
        raise DossierError(f"cannot read {path}: {error.strerror}") from error


def chained(path: Path) -> tuple[Sequence[Entry], str]:
    """Give all entries at once, in half the time, and the hash of the last whole line.

    Raises DossierError, as `read`.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DossierError(f"cannot read {path}: {error.strerror}") from error
    whole = content[: content.rfind(b"\n") + 1]
    hashes = [hashlib.sha256(line).hexdigest() for line in whole.split(b"\n")[:-1]]
    try:
        entries = _DECODE_LINES(whole)
    except (msgspec.DecodeError, UnicodeDecodeError):
        entries = []
    if [one.prev for one in entries] != [GENESIS, *hashes][:-1] or any(
        one.seq != number for number, one in enumerate(entries, 1)
    ):
        entries = list(read(path))  # which says what line is damaged
    return entries, hashes[-1] if hashes else ""


def _entry(path: Path, number: int, line: bytes, prev: str) -> Entry:
    hint = "the evidence was changed; keep it aside, and begin with another --output"
    try:
        entry = _DECODE(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DossierError(f"{path}:{number}: damaged line: {error}", hint=hint) from error
    if entry.prev != prev or entry.seq != number:
        raise DossierError(f"{path}:{number}: the chain of hashes is broken here", hint=hint)
    return entry


def _end_of(path: Path) -> tuple[int, str, int]:
    """Give the last number, the hash of the last whole line, and the bytes up to its end."""
    number, last, size = 0, b"", 0
    for entry, line in lines(path):
        number, last, size = entry.seq, line, size + len(line)
    return number, hashlib.sha256(last[:-1]).hexdigest() if last else GENESIS, size


def _write_whole(fd: int, line: bytes) -> None:
    """Write a line whole, or take back what was written of it."""
    written = os.write(fd, line)
    if written < len(line):
        os.ftruncate(fd, os.fstat(fd).st_size - written)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _unwritable(path: Path, error: OSError) -> DossierError:
    return DossierError(
        f"cannot write {path}: {error.strerror}",
        hint="free some space, or choose another folder with --output",
    )
