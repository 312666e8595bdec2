"""The lines that many checks share: those that ran beside each other are drawn below each other."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import NamedTuple

from runner.model import Outcome
from runner.reporters.html.scale import Bar, Scale, drawn

_LANES = 16
"""Lines that checks share at most."""
_GAP = 0.1
"""Percent between bars that nobody sees."""
_OVERLAP = 0.005
"""Seconds: times of day have milliseconds, durations are finer."""


class Ran(NamedTuple):
    """When a check ran: all that is kept of it, as there may be a hundred thousand."""

    began: float
    """Seconds, of the clock."""
    duration: float
    """Seconds."""
    outcome: str
    """How it ended."""
    attempts: tuple[tuple[float, float, str], ...] = ()
    """The same of each attempt, where there were several."""


class Lane:
    """A line."""

    def __init__(self) -> None:
        """Begin with nothing on it."""
        self.seconds = 0.0
        """What its checks took."""
        self._stretches: list[tuple[str, list[float]]] = []
        self._last: dict[str, list[float]] = {}

    def take(self, one: Ran, scale: Scale) -> None:
        """Draw a check."""
        self.seconds += one.duration
        if not one.attempts:
            self._draw(*scale.place(one.began, one.duration), one.outcome)
        for began, duration, outcome in one.attempts:
            self._draw(*scale.place(began, duration), outcome)

    def _draw(self, x: float, end: float, outcome: str) -> None:
        """Lengthen the last bar of that outcome where that touches, else begin another.

        So there are never more bars than can be told apart.
        """
        last = self._last.get(outcome)
        if last is not None and last[0] <= x <= last[1] + _GAP:
            last[1] = max(last[1], end)
            return
        self._last[outcome] = made = [x, end]
        self._stretches.append((outcome, made))

    def bars(self) -> tuple[Bar, ...]:
        """Give its bars, what did not pass last: so it lies over its neighbours."""
        ordered = sorted(self._stretches, key=lambda one: one[0] != Outcome.PASSED)
        return tuple(drawn(x, end, outcome) for outcome, (x, end) in ordered)


def lanes(ran: Iterable[Ran], scale: Scale) -> Sequence[Lane]:
    """Put each check into the first line that is free when it starts."""
    found: list[Lane] = []
    ends: list[float] = []
    for one in sorted(ran, key=_began):
        number = _free(ends, one.began + _OVERLAP)
        if number == len(found):
            found.append(Lane())
            ends.append(0.0)
        ends[number] = one.began + one.duration
        found[number].take(one, scale)
    return found


_began = attrgetter("began")


def _free(ends: Sequence[float], begun: float) -> int:
    """Give the first line that is free by then, a new one, or where there are many the next."""
    soonest = min(ends, default=math.inf)
    if soonest <= begun:
        return next(number for number, end in enumerate(ends) if end <= begun)
    return len(ends) if len(ends) < _LANES else ends.index(soonest)
