"""What every reporter reads out of a result: the attempt that counts, and what went wrong in it."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from runner.model import Assertion, Attempt, Case, Outcome, Result, Run
from runner.reporters.text import one_line
from runner.reporters.width import shorten

_NAME = 60
"""Cells of a process that was left running."""
UNHAPPY = frozenset({Outcome.FAILED, Outcome.ERRORED})
"""Outcomes that need an explanation."""


def last(result: Result) -> Attempt | None:
    """Give the attempt that decided; None where there was none."""
    return result.attempts[-1] if result.attempts else None


def results_at(run: Run, places: Iterable[int]) -> Iterator[Result]:
    """Give the results at some places: of those of a great merge only these are read."""
    return map(run.results.__getitem__, places)


def broken(attempt: Attempt) -> tuple[Assertion, ...]:
    """Give the expectations that did not hold."""
    return tuple(
        assertion
        for step in attempt.steps
        for assertion in step.report.assertions
        if not assertion.holds
    )


def cases(attempt: Attempt) -> tuple[Case, ...]:
    """Give the cases of inner test runners."""
    return tuple(case for step in attempt.steps for case in step.report.cases)


def leftovers(result: Result) -> tuple[str, ...]:
    """Give the processes that a check left running, of all attempts."""
    return tuple(
        one
        for attempt in result.attempts
        for step in attempt.steps
        for execution in step.report.executions
        for one in execution.leftovers
    )


def notes(result: Result) -> list[str]:
    """Say what the outcome alone does not: ``flaky``, ``3 attempts``, ``resumed``, and the like."""
    found = []
    if result.flaky:
        found.append("flaky")
    if len(result.attempts) > 1:
        found.append(f"{len(result.attempts)} attempts")
    if result.resumed:
        found.append("resumed")
    if not result.counts:
        found.append("failure allowed")
    if left := leftovers(result):
        more = f" and {len(left) - 1} more" if len(left) > 1 else ""
        found.append(f"left running: {shorten(one_line(left[0]), _NAME)}{more}")
    if result.outcome is Outcome.SKIPPED and result.reason:
        found.append(result.reason)
    return found


def rerun_of(run: Run) -> Callable[[str], str] | None:
    """Give what makes the command that runs a check again; None where the run does not tell."""
    return partial(rerun_command, run.rerun) if run.rerun else None


def rerun_command(words: tuple[str, ...], check: str) -> str:
    """Give the command line that runs one check again, of the words that ran its stage."""
    return shlex.join((*words, "--only", check))
