"""Pieces that are made in a thread of their own, a few ahead of whoever takes them."""

from __future__ import annotations

from collections.abc import Iterator
from queue import Queue
from threading import Thread
from typing import Final

_DEPTH: Final = 4
"""Pieces that may wait."""


class Ahead(Iterator[bytes]):
    """Gives the pieces of an iterator; what it raises, it raises where the piece would be."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Make nothing yet: many are never asked."""
        self._pieces = pieces
        self._queue: Queue[bytes | BaseException | None] = Queue(_DEPTH)
        self._thread: Thread | None = None
        self._begun = self._stopping = self._ended = False

    def __next__(self) -> bytes:
        """Give the next piece."""
        if self._ended:
            raise StopIteration
        if self._thread is None:
            if not self._begun:
                # A small archive has one piece, for which no thread is worth its while.
                self._begun = True
                return next(self._pieces)
            self._thread = Thread(target=self._make, name="pieces ahead", daemon=True)
            self._thread.start()
        piece = self._queue.get()
        if isinstance(piece, bytes):
            return piece
        self._ended = True
        raise StopIteration if piece is None else piece

    def close(self) -> None:
        """Stop the thread: nothing touches what the iterator uses any more."""
        self._stopping = True
        while self._thread is not None and not self._ended:
            self._ended = not isinstance(self._queue.get(), bytes)
        if self._thread is not None:
            self._thread.join()

    def _make(self) -> None:
        ending: BaseException | None = None
        try:
            for piece in self._pieces:
                if self._stopping:
                    break
                self._queue.put(piece)
        except BaseException as error:  # noqa: BLE001 - it belongs to whoever takes the pieces
            ending = error
        self._queue.put(ending)
