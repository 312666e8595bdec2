"""Where a child's output goes: through redaction into one log, with constant memory."""

from __future__ import annotations

import hashlib
import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from runner.engine.redaction import Redactor
from runner.errors import DossierError
from runner.model import Artifact

TAIL = 8192
"""Bytes of a log kept in memory, for the last line on display and the tail in reports."""
TAIL_LINES = 20
"""Lines of a log's tail in reports."""


class Sink(Protocol):
    """Takes what a child prints."""

    def begin(self) -> None:
        """Be there for one who looks, though nothing was printed yet; raises DossierError."""

    def write(self, data: bytes) -> None:
        """Take a piece."""

    def flush(self) -> None:
        """Take note that the child prints no more."""


class Nowhere:
    """Drops what a child prints: it is captured, or it proves nothing."""

    def begin(self) -> None:
        """Have nothing to show."""

    def write(self, data: bytes) -> None:
        """Drop it."""

    def flush(self) -> None:
        """Have nothing to flush."""


class Log:
    """A log that grows while a check runs: hashed, redacted, its tail at hand.

    There is no file until something is written, or the process lasts.

    Logs are the one file of the dossier that is not renamed into place: they grow under their
    own name, so that a person can follow them; the journal says when one is complete, and how
    it hashes.
    """

    def __init__(
        self,
        path: Path | str,
        name: str,
        redactor: Redactor,
        listener: Callable[[bytes], None] | None = None,
    ) -> None:
        """Name the file, and its path in the dossier; it is created by what is written first.

        To make a file takes longer than all else that a check costs that prints nothing, and its
        name makes the journal's next line wait for the disk.
        """
        self.name = name
        """Path relative to the dossier."""
        self._stream = redactor.stream()
        self._listener = listener
        self._hash = Digest()
        self._size = 0
        self._tail = b""
        self._lock = threading.Lock()
        self._path = path
        self._fd = -1

    def begin(self) -> None:
        """Create the file now, as `Sink.begin` says."""
        with self._lock:
            if self._fd < 0:
                self._open()

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            self._fd = os.open(self._path, flags, 0o644)
        except OSError as error:
            raise _unwritable(self.name, error) from error

    def write(self, data: bytes) -> None:
        """Append what a child printed; its last bytes may wait for the next call."""
        with self._lock:
            self._append(self._stream.show(data))

    def line(self, text: str) -> None:
        """Append a line of the runner's own."""
        with self._lock:
            self._append(self._stream.feed(text.encode("utf-8", "replace") + b"\n"))

    def flush(self) -> None:
        """End a stream: what was held back is no secret."""
        with self._lock:
            self._append(self._stream.close())

    def _append(self, data: bytes | memoryview) -> None:
        if not data:
            return
        if self._fd < 0:
            self._open()
        rest = memoryview(data)
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
        except OSError as error:
            raise _unwritable(self.name, error) from error
        self._hash.update(data)
        self._size += len(data)
        last = bytes(data[-TAIL:])
        self._tail = last if len(last) == TAIL else (self._tail + last)[-TAIL:]
        if self._listener is not None:
            self._listener(bytes(data))

    def last_line(self) -> str:
        """Give the last line that is not blank, as it was printed."""
        lines = self._tail.rstrip().splitlines()
        return lines[-1].decode("utf-8", "replace") if lines else ""

    def tail(self) -> str:
        """Give the last lines, as they were printed."""
        lines = self._tail.decode("utf-8", "replace").splitlines()
        if self._size > len(self._tail) and len(lines) > 1:
            lines = lines[1:]
        return "\n".join(lines[-TAIL_LINES:])

    def close(self) -> Artifact | None:
        """End the log, and give its size and hash; None where there is no file."""
        self.flush()
        if self._fd < 0:
            return None
        os.close(self._fd)
        return Artifact(self.name, self._size, self._hash.hexdigest())


class Digest:
    """A SHA-256 that, once there is much to hash, is made in a thread of its own."""

    _MANY = 4 << 20
    """Bytes from which a thread is worth its start."""
    _AHEAD = 2
    """Pieces that may wait for the thread. More make nothing faster, but where the thread gets no
    processor for a while they are all there, and a check that prints much takes that much more."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._hash = hashlib.sha256()
        self._size = 0
        self._queue: queue.SimpleQueue[bytes | memoryview] | None = None
        self._room: threading.Semaphore | None = None
        self._thread: threading.Thread | None = None

    def update(self, data: bytes | memoryview) -> None:
        """Add bytes; waits where the thread is far behind."""
        self._size += len(data)
        if self._queue is not None and self._room is not None:
            self._room.acquire()
            self._queue.put(data)
            return
        self._hash.update(data)
        if self._size > self._MANY:
            self._queue, self._room = queue.SimpleQueue(), threading.Semaphore(self._AHEAD)
            work = (self._queue, self._room)
            self._thread = threading.Thread(target=self._work, args=work, daemon=True)
            self._thread.start()

    def _work(
        self, pieces: queue.SimpleQueue[bytes | memoryview], room: threading.Semaphore
    ) -> None:
        while piece := pieces.get():
            self._hash.update(piece)
            room.release()

    def hexdigest(self) -> str:
        """Give the digest of all; nothing can be added after that."""
        if self._queue is not None and self._thread is not None:
            self._queue.put(b"")
            self._thread.join()
        return self._hash.hexdigest()


class Capture:
    """Keeps the beginning of one stream for its assertions, and passes it on to the log."""

    def __init__(self, log: Sink, limit: int) -> None:
        """Keep at most ``limit`` bytes."""
        self._log = log
        self._limit = limit
        self._pieces: list[bytes] = []
        self._size = 0
        self.truncated = False
        """Whether there was more than the limit."""

    def write(self, data: bytes) -> None:
        """Take what a child printed."""
        self._log.write(data)
        room = self._limit - self._size
        if len(data) > room:
            self.truncated = True
            data = data[:room]
        if data:
            self._pieces.append(data)
            self._size += len(data)

    def value(self) -> bytes:
        """Give what was kept."""
        return b"".join(self._pieces)


def _unwritable(name: str, error: OSError) -> DossierError:
    return DossierError(
        f"cannot write {name}: {error.strerror}",
        hint="free some space, or choose another folder with --output",
    )
