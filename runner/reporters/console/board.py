"""What is going on right now, and how it looks: the state and the picture of the live display."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from threading import Lock

from runner.events import (
    AttemptEnded,
    AttemptStarted,
    CheckEnded,
    Event,
    RunStarted,
    ServiceEnded,
    ServiceReady,
    ServiceStarting,
)
from runner.model import Check, Outcome
from runner.reporters.console import rows
from runner.reporters.console.page import TONES, Line, Look, Span, Tone, line, line_cells, say
from runner.reporters.text import duration, elapsed, last_line
from runner.reporters.width import cells, shorten

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_FRAME_SECONDS = 0.125
_BAR = 40
_BAR_LEAST = 10


@dataclass(frozen=True)
class Job:
    """A check or a service that is under way."""

    title: str
    """What it is, safe to show."""
    remark: str
    """What the title does not say: ``attempt 2 of 3``."""
    since: float
    """When it began, on the board's clock."""
    last_line: Callable[[], str]
    """Gives what it printed last, as printed."""


class Board:
    """Keeps what events tell, and draws it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with an empty board."""
        self._clock = clock
        self._began = clock()
        self._checks: tuple[Check, ...] = ()
        self._done: Counter[Outcome] = Counter()
        self._jobs: dict[tuple[str, str], Job] = {}
        # Held while the state changes or is copied, never while something is drawn.
        self._lock = Lock()

    def hear(self, event: Event) -> None:
        """Note what an event changes."""
        with self._lock:
            self._note(event)

    def _note(self, event: Event) -> None:
        match event:
            case RunStarted(checks=checks):
                self._checks = checks
                self._began = self._clock()
            case ServiceStarting(name=name, last_line=read):
                job = Job(f"service {name}", "", self._clock(), read)
                self._jobs["service", name] = job
            case ServiceReady(name=name):
                self._jobs.pop(("service", name), None)
            case ServiceEnded(report=report):
                self._jobs.pop(("service", report.name), None)
            case AttemptStarted(check=check, last_line=read):
                remark = rows.repeated(event) if event.number > 1 else ""
                self._jobs["check", check.id] = Job(
                    rows.area_of(check), remark, self._clock(), read
                )
            case AttemptEnded(check=check, retry_in=pause) if pause is not None:
                remark = f"waiting {duration(pause)} to retry"
                job = Job(rows.area_of(check), remark, self._clock(), lambda: "")
                self._jobs["check", check.id] = job
            case CheckEnded(check=check, result=result):
                self._jobs.pop(("check", check.id), None)
                self._done[result.outcome] += 1
            case _:
                pass

    def picture(self, look: Look, height: int) -> list[Line]:
        """Draw it, at most so many lines high."""
        with self._lock:
            jobs, done = list(self._jobs.values()), self._done.copy()
        room = max(height - 1, 0)
        lines: list[Line] = list(chain.from_iterable(self._job(job, look) for job in jobs))
        if len(lines) > room:
            lines = [self._title(job, look) for job in jobs]
        if len(lines) > room:
            more = len(lines) - room + 1
            text = shorten(f"  and {more} more", look.width, look.ellipsis)
            lines = [*lines[: max(room - 1, 0)], line(say(text, Tone.FAINT))][:room]
        return [*lines, self._progress(done, look)]

    def _job(self, job: Job, look: Look) -> Iterator[Line]:
        yield self._title(job, look)
        text = ""
        with suppress(OSError, ValueError):  # a log may be gone or closed at that moment
            text = last_line(job.last_line())
        before = f"  {look.gutter} "
        room = look.width - cells(before)
        if text and room > 0:
            yield line(say(before + shorten(text, room, look.ellipsis), Tone.FAINT))

    def _title(self, job: Job, look: Look) -> Line:
        now = self._clock()
        frame = _FRAMES[int(now / _FRAME_SECONDS) % len(_FRAMES)]
        clock = elapsed(now - job.since)
        column = rows.column(self._checks, look)
        return rows.row(say(f"{frame} ", Tone.BUSY), job.title, clock, job.remark, column, look)

    def _progress(self, done: Counter[Outcome], look: Look) -> Line:
        clock = elapsed(self._clock() - self._began)
        parts = [say(f"{done.total()}/{len(self._checks)}", Tone.STRONG)]
        for outcome in (Outcome.FAILED, Outcome.ERRORED):
            if done[outcome]:
                text = f" {look.dot} {done[outcome]} {outcome.value}"
                parts.append(say(text, TONES[outcome]))
        right = line(*parts, say(f" {look.dot} {clock}", Tone.FAINT))
        width = min(look.width - line_cells(right) - 1, _BAR)
        if width >= _BAR_LEAST:
            return (*self._bar(done, width), Span(" "), *right)
        if line_cells(right) <= look.width:
            return right
        return line(shorten("".join(span.text for span in right), look.width, look.ellipsis))

    def _bar(self, done: Counter[Outcome], width: int) -> Line:
        filled = width * done.total() // max(len(self._checks), 1)
        tone = Tone.BAD if done[Outcome.FAILED] + done[Outcome.ERRORED] else Tone.GOOD
        return line(say("━" * filled, tone), say("─" * (width - filled), Tone.FAINT))
