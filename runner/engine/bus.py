"""Passes events to the listeners, from one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from runner.events import Event, Listener, Output


class Bus:
    """The listeners of a run."""

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        """Take the listeners; there may be none."""
        self._listeners = tuple(listeners)
        self._output = tuple(each for each in self._listeners if each.wants_output)
        self._lock = threading.Lock()

    def tell(self, event: Event) -> None:
        """Tell an event to every listener."""
        with self._lock:
            for listener in self._listeners:
                listener.hear(event)

    def output_of(self, check: str) -> Callable[[bytes], None] | None:
        """Give what a log calls with each piece, or None where nobody wants it."""
        if not self._output:
            return None

        def tell(data: bytes) -> None:
            with self._lock:
                for listener in self._output:
                    listener.hear(Output(check, data))

        return tell
