"""Timing: contenders take turns, so that a busy machine slows all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.memory import watch

LIMIT = 900.0
"""Seconds after which a contender counts as broken."""


_ENVIRONMENT = {n: v for n, v in os.environ.items() if n != "PYTHONDONTWRITEBYTECODE"}
"""All start from compiled modules, as when they are installed."""


class BrokenError(Exception):
    """A contender did not do the work, so that its time means nothing."""


def nothing() -> None:
    """Prepare nothing, and find nothing wrong."""


@dataclass(frozen=True, slots=True)
class Contender:
    """A command that does the work, and the proof that it did."""

    name: str
    """As the table shows it."""
    argv: tuple[str, ...]
    """What is timed."""
    cwd: Path
    """Where it runs."""
    version: str = ""
    """Of the tool."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Variables over the bench's own."""
    prepare: Callable[[], None] = nothing
    """Called before each round, outside the time taken."""
    prove: Callable[[], None] = nothing
    """Called after each round; raises `BrokenError` where the work was not done."""
    memory: bool = False
    """Whether its peak memory is watched, which costs a little time."""
    own_clock: bool = False
    """Whether it prints the seconds itself, as the last line; else the whole process is timed."""
    exit_code: int = 0
    """What it ends with when it has done the work."""
    most_rounds: int = 1000
    """Rounds after which it sits out, for one that is slower by far."""


@dataclass(slots=True)
class Lane:
    """What was measured of one contender."""

    contender: Contender
    """Who ran."""
    seconds: list[float] = field(default_factory=list)
    """One for each round."""
    peaks: list[int] = field(default_factory=list)
    """Peak resident memory of the process itself in bytes, one for each round."""
    broken: str = ""
    """Why its numbers mean nothing."""

    @property
    def median(self) -> float:
        """The median time in seconds."""
        return statistics.median(self.seconds)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How two lanes compare, round by round."""

    median: float
    """Median of the ratios."""
    least: float
    """The smallest of them."""
    most: float
    """The largest of them."""

    def __str__(self) -> str:
        """Give the median and the spread: ``1.43 x (1.40-1.52)``."""
        return f"{self.median:.2f} x ({self.least:.2f}-{self.most:.2f})"


def run_once(contender: Contender) -> tuple[float, int]:
    """Run a contender; give seconds and the peak memory of the process itself in bytes."""
    contender.prepare()
    start = time.perf_counter()
    with subprocess.Popen(
        contender.argv,
        cwd=contender.cwd,
        env={**_ENVIRONMENT, **contender.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        peak = watch(process.pid) if contender.memory else int
        try:
            output, _ = process.communicate(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise BrokenError(f"took more than {LIMIT:.0f} s") from None
        seconds = time.perf_counter() - start
    if process.returncode != contender.exit_code:
        last = output.decode(errors="replace").strip().rpartition("\n")[2]
        raise BrokenError(f"exit code {process.returncode}: {last[:200]}")
    contender.prove()
    return float(output.split()[-1]) if contender.own_clock else seconds, peak()


def race(contenders: Sequence[Contender], rounds: int, *, warm_up: int = 1) -> list[Lane]:
    """Let the contenders take turns; one that is broken once runs no more."""
    lanes = [Lane(contender) for contender in contenders]
    for number in range(-warm_up, rounds):
        for lane in lanes:
            if lane.broken or number >= lane.contender.most_rounds:
                continue
            if number < 0 and lane.contender.most_rounds < rounds:
                continue
            try:
                seconds, peak = run_once(lane.contender)
            except (BrokenError, OSError) as error:
                lane.broken = str(error) or type(error).__name__
                continue
            if number >= 0:
                lane.seconds.append(seconds)
                lane.peaks.append(peak)
    return lanes


def ratio(ours: Lane, theirs: Lane) -> Ratio | None:
    """Compare two lanes round by round; None where one of them is broken."""
    if ours.broken or theirs.broken:
        return None
    # One that sat out rounds is compared in those that it took part in.
    ratios = [a / b for a, b in zip(ours.seconds, theirs.seconds, strict=False)]
    return Ratio(statistics.median(ratios), min(ratios), max(ratios))
