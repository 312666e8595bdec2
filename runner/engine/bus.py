"""Passes events to the listeners, from one thread at a time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from runner.events import Event, Listener, Output


class Bus:
    """The listeners of a run."""

    def __init__(self, listeners: Iterable[Listener] = ()) -> None:
        """Take the listeners; there may be none."""
        self._listeners = list(listeners)
        self._lock = threading.Lock()
        self.troubles: list[str] = []
        """What went wrong in listeners; each was then told nothing more."""

    def tell(self, event: Event) -> None:
        """Tell an event to every listener; one that breaks must not break the run."""
        with self._lock:
            for listener in tuple(self._listeners):
                if listener.wants_output or not isinstance(event, Output):
                    self._tell(listener, event)

    def _tell(self, listener: Listener, event: Event) -> None:
        try:
            listener.hear(event)
        except Exception as error:  # noqa: BLE001 - a listener may be anybody's
            self._listeners.remove(listener)
            self.troubles.append(f"a display broke: {type(error).__name__}: {error}")

    def output_of(self, check: str) -> Callable[[bytes], None] | None:
        """Give what a log calls with each piece, or None where nobody wants it."""
        if not any(listener.wants_output for listener in self._listeners):
            return None
        return lambda data: self.tell(Output(check, data))
