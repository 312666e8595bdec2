"""The timeline: when each check ran, as shares of the run's time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from runner.model import Attempt, Outcome, Result, Run, ServiceReport
from runner.reporters.html.words import anchor

WIDTH = 100
"""Percent: the picture has no width of its own."""
_SINGLE = 60
"""Checks that get a line each; more share lines with those that did not run beside them."""
_LANES = 16
"""Lines that checks share at most."""
_TICKS = 6
"""At most so many marks on the axis, its start included."""
_STEPS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400)
"""Seconds from one mark to the next that people can add up."""
_THINNEST = 0.2
"""Percent that a bar is wide at least, so that it can be seen."""


@dataclass(frozen=True)
class Bar:
    """An attempt, or a stretch of attempts of one outcome that stand too close to tell apart."""

    x: float
    """Percent from the start."""
    width: float
    """Percent."""
    outcome: str
    """Its outcome; ``waiting`` for a service that is not ready yet."""


@dataclass(frozen=True)
class Line:
    """A line of the picture."""

    label: str
    """What it shows."""
    seconds: float
    """How long that took."""
    outcome: str
    """How it ended."""
    bars: tuple[Bar, ...]
    """In order."""
    anchor: str = ""
    """Id of the check's place on the page; empty where there is none."""
    service: bool = False
    """Whether it is a service."""


@dataclass(frozen=True)
class Timeline:
    """The picture of a run."""

    lines: tuple[Line, ...]
    """Of services first."""
    ticks: tuple[tuple[float, float], ...]
    """Percent from the start, and seconds."""
    packed: bool
    """Whether checks share lines."""


def timeline(run: Run) -> Timeline | None:
    """Draw a run; None where nothing of it ran."""
    ran, times, end = _course(run)
    scale = _Scale(run, end)
    services = tuple(_service(one, scale) for one in run.services if one.started)
    if not times and not services:
        return None
    packed = len(times) > _SINGLE
    checks = _lanes(times, scale) if packed else (_check(one, run, scale) for one in ran)
    return Timeline((*services, *checks), tuple(scale.ticks()), packed)


class _Time(NamedTuple):
    """When an attempt ran."""

    began: float
    duration: float
    outcome: str


class _Times(NamedTuple):
    """When a check ran, which is what remains of it where there are very many."""

    began: float
    duration: float
    attempts: tuple[_Time, ...]


def _course(run: Run) -> tuple[list[Result], list[_Times], float]:
    """Give those that ran, the first of them whole; when each did; and when the last had ended."""
    ran: list[Result] = []
    times: list[_Times] = []
    end = max(
        (_seconds(one.started) + one.duration for one in run.services if one.started), default=0.0
    )
    for result in run.results:
        began = _seconds(result.started) if result.started else 0.0
        end = max(end, began + result.duration)
        if result.attempts and not result.resumed:
            tries = (
                _Time(_seconds(one.started), one.duration, one.outcome.value)
                for one in result.attempts
            )
            times.append(_Times(began, result.duration, tuple(tries)))
            if len(times) <= _SINGLE:
                ran.append(result)
    return ran, times, end


class _Scale:
    """Turns moments into percent."""

    def __init__(self, run: Run, end: float) -> None:
        self._start = _seconds(run.started)
        self._whole = max(run.duration, end - self._start) or 1.0

    def bar(self, began: float, duration: float, outcome: str) -> Bar:
        """Place something; what began before the start, by a clock that was set, begins there."""
        x = min(max((began - self._start) / self._whole, 0.0), 1.0) * WIDTH
        width = max(duration / self._whole * WIDTH, _THINNEST)
        x = min(x, WIDTH - _THINNEST)
        return Bar(round(x, 2), round(min(width, WIDTH - x), 2), outcome)

    def ticks(self) -> Iterator[tuple[float, float]]:
        """Give marks at round seconds."""
        step = next((one for one in _STEPS if self._whole / one < _TICKS), self._whole)
        number = 0
        while number * step <= self._whole:
            yield round(number * step / self._whole * WIDTH, 2), number * step
            number += 1


def _seconds(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return 0.0


def _attempts(attempts: Iterable[Attempt], scale: _Scale) -> tuple[Bar, ...]:
    return tuple(
        scale.bar(_seconds(one.started), one.duration, one.outcome.value) for one in attempts
    )


def _check(result: Result, run: Run, scale: _Scale) -> Line:
    return Line(
        label=result.area or result.check,
        seconds=result.duration,
        outcome=result.outcome,
        bars=_attempts(result.attempts, scale),
        anchor=anchor(run.stage, result.check),
    )


def _service(one: ServiceReport, scale: _Scale) -> Line:
    began = _seconds(one.started)
    up = scale.bar(began, one.duration, one.outcome)
    waiting = scale.bar(began, one.ready_after, "waiting")
    bars = (up, waiting) if one.ready_after else (up,)
    return Line(one.name, one.duration, one.outcome, bars, service=True)


def _lanes(times: Iterable[_Times], scale: _Scale) -> Iterator[Line]:
    """Put each check into the first line that is free when it starts."""
    ends: list[float] = []
    lanes: list[list[Bar]] = []
    seconds: list[float] = []
    for one in sorted(times, key=lambda one: one.began):
        number = _free(ends, one.began)
        if number == len(ends):
            ends.append(0.0)
            lanes.append([])
            seconds.append(0.0)
        ends[number] = one.began + one.duration
        lanes[number] += (scale.bar(*attempt) for attempt in one.attempts)
        seconds[number] += one.duration
    for number, lane in enumerate(lanes):
        label = f"side {number + 1} of {len(lanes)}" if len(lanes) > 1 else "all checks"
        yield Line(label, seconds[number], "", _drawn(lane))


_GAP = 0.1
"""Percent between bars that nobody sees."""
_OVERLAP = 0.005
"""Seconds: times of day have milliseconds, durations are finer."""


def _free(ends: Sequence[float], begun: float) -> int:
    """Give the first line that is free by then, a new one, or where there are many the next."""
    free = next((number for number, end in enumerate(ends) if end <= begun + _OVERLAP), len(ends))
    return free if free < _LANES else min(range(_LANES), key=ends.__getitem__)


def _drawn(lane: Iterable[Bar]) -> tuple[Bar, ...]:
    """Give the bars of a line, what did not pass last: so it lies over its neighbours."""
    return tuple(sorted(_joined(lane), key=lambda bar: bar.outcome != Outcome.PASSED))


def _joined(bars: Iterable[Bar]) -> Iterator[Bar]:
    """Make one bar of those that touch and have one outcome."""
    last: Bar | None = None
    for bar in bars:
        if last and bar.outcome == last.outcome and bar.x <= last.x + last.width + _GAP:
            end = max(last.x + last.width, bar.x + bar.width)
            last = Bar(last.x, round(end - last.x, 2), last.outcome)
            continue
        if last:
            yield last
        last = bar
    if last:
        yield last
