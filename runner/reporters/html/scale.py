"""From moments to shares of the run's time, and the bars that are drawn there."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from runner.model import Run

WIDTH = 100
"""Percent: the picture has no width of its own."""
_TICKS = 6
"""At most so many marks on the axis, its start included."""
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds from one mark to the next that people can add up."""
_THINNEST = 0.2
"""Percent that a bar is wide at least, so that it can be seen."""


class Bar(msgspec.Struct, frozen=True):
    """An attempt, or a stretch of attempts of one outcome that stand too close to tell apart."""

    x: float
    """Percent from the start."""
    width: float
    """Percent."""
    outcome: str
    """Its outcome; ``waiting`` for a service that is not ready yet."""


class Scale:
    """Turns moments into percent."""

    def __init__(self, run: Run, end: float) -> None:
        """Reach from the start of a run to its end, or to ``end`` where that is later."""
        self._start = seconds(run.started)
        self._whole = max(run.duration, end - self._start) or 1.0

    def place(self, began: float, duration: float) -> tuple[float, float]:
        """Give the two ends of a bar.

        What began before the start, by a clock that was set, begins there.
        """
        x = min(max((began - self._start) / self._whole, 0.0) * WIDTH, WIDTH - _THINNEST)
        return x, min(x + max(duration / self._whole * WIDTH, _THINNEST), WIDTH)

    def bar(self, began: float, duration: float, outcome: str) -> Bar:
        """Give the bar of something."""
        return drawn(*self.place(began, duration), outcome)

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Give marks at round seconds."""
        step = next((one for one in _STEPS if self._whole / one < _TICKS), self._whole)
        number = 0
        while number * step <= self._whole:
            yield round(number * step / self._whole * WIDTH, 2), number * step
            number += 1


def drawn(x: float, end: float, outcome: str) -> Bar:
    """Give the bar between two places."""
    return Bar(round(x, 2), round(end - x, 2), outcome)


def seconds(moment: str) -> float:
    """Give a moment as seconds; 0 for what is none."""
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return 0.0
