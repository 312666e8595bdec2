"""The timeline: when each check ran, as shares of the run's time."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from runner.model import Attempt, Result, Run, ServiceReport
from runner.reporters.html.lanes import Ran, lanes
from runner.reporters.html.scale import Bar, Scale, seconds
from runner.reporters.html.words import anchor

_SINGLE = 60
"""Checks that get a line each; more share lines with those that did not run beside them."""


class Line(msgspec.Struct, frozen=True):
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


class Timeline(msgspec.Struct, frozen=True):
    """The picture of a run."""

    lines: tuple[Line, ...]
    """Of services first."""
    ticks: tuple[tuple[float, float], ...]
    """Percent from the start, and seconds."""
    packed: bool
    """Whether checks share lines."""


def timeline(run: Run) -> Timeline | None:
    """Draw a run; None where nothing of it ran."""
    single, ran, end = _course(run)
    scale = Scale(run, end)
    services = tuple(_service(one, scale) for one in run.services if one.started)
    if not ran and not services:
        return None
    packed = len(ran) > _SINGLE
    checks = _packed(ran, scale) if packed else tuple(_check(one, run, scale) for one in single)
    return Timeline((*services, *checks), tuple(scale.ticks()), packed)


def _course(run: Run) -> tuple[list[Result], list[Ran], float]:
    """Give the first that ran; when each did; and when the last had ended."""
    single: list[Result] = []
    ran: list[Ran] = []
    ends = (seconds(one.started) + one.duration for one in run.services if one.started)
    end = max(ends, default=0.0)
    for result in run.results:
        began = seconds(result.started)
        end = max(end, began + result.duration)
        if result.attempts and not result.resumed:
            ran.append(_ran(result, began))
            if len(ran) <= _SINGLE:
                single.append(result)
    return single, ran, end


def _ran(result: Result, began: float) -> Ran:
    if len(result.attempts) == 1:
        return Ran(began, result.duration, result.outcome.value)
    tries = tuple(
        (seconds(one.started), one.duration, one.outcome.value) for one in result.attempts
    )
    return Ran(began, result.duration, result.outcome.value, tries)


def _packed(ran: Iterable[Ran], scale: Scale) -> tuple[Line, ...]:
    found = lanes(ran, scale)
    several = len(found) > 1
    return tuple(
        Line(
            f"side {number} of {len(found)}" if several else "all checks",
            one.seconds,
            "",
            one.bars(),
        )
        for number, one in enumerate(found, 1)
    )


def _attempts(attempts: Iterable[Attempt], scale: Scale) -> tuple[Bar, ...]:
    return tuple(
        scale.bar(seconds(one.started), one.duration, one.outcome.value) for one in attempts
    )


def _check(result: Result, run: Run, scale: Scale) -> Line:
    return Line(
        label=result.area or result.check,
        seconds=result.duration,
        outcome=result.outcome,
        bars=_attempts(result.attempts, scale),
        anchor=anchor(run.stage, result.check),
    )


def _service(one: ServiceReport, scale: Scale) -> Line:
    began = seconds(one.started)
    up = scale.bar(began, one.duration, one.outcome.value)
    waiting = scale.bar(began, one.ready_after, "waiting")
    bars = (up, waiting) if one.ready_after else (up,)
    return Line(one.name, one.duration, one.outcome, bars, service=True)
