"""What the page shows of a check: of each thing as much as there is room for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from runner.model import Artifact, Assertion, Attempt, Case, Outcome, Result, StepReport
from runner.reporters.reading import UNHAPPY, cases, notes

_WORST_FIRST = (Outcome.ERRORED, Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED)


class Cases(msgspec.Struct, frozen=True):
    """The cases of inner test runners in an attempt."""

    tally: Mapping[Outcome, int]
    """Outcome to count, the worst first."""
    shown: tuple[Case, ...]
    """Those that did not pass, as far as there is room."""
    hidden: int
    """How many more did not pass."""


class Assertions(msgspec.Struct, frozen=True):
    """The expectations of a step."""

    shown: tuple[Assertion, ...]
    """Those that did not hold first."""
    hidden: int
    """How many more there are."""


def cases_of(attempt: Attempt, limit: int) -> Cases | None:
    """Give the cases; None where there are none."""
    found = cases(attempt)
    if not found:
        return None
    counts = Counter(case.outcome for case in found)
    unhappy = [case for one in _WORST_FIRST[:-1] for case in found if case.outcome is one]
    return Cases(
        {one: counts[one] for one in _WORST_FIRST if counts[one]},
        tuple(unhappy[:limit]),
        max(0, len(unhappy) - limit),
    )


def assertions_of(report: StepReport, limit: int) -> Assertions:
    """Give the expectations."""
    ordered = sorted(report.assertions, key=lambda one: one.holds)
    return Assertions(tuple(ordered[:limit]), max(0, len(ordered) - limit))


def artifacts_of(result: Result) -> tuple[Artifact, ...]:
    """Give every file that the check has left, each once."""
    steps = (step for attempt in result.attempts for step in attempt.steps)
    told = [*(one for step in steps for one in step.report.artifacts), *result.artifacts]
    return tuple({one.path: one for one in told}.values())


def remarks(result: Result) -> list[str]:
    """Say what the outcome alone does not, but for a reason that stands elsewhere."""
    return [note for note in notes(result) if note != result.reason]


def is_unhappy(result: Result) -> bool:
    """Say whether it needs an explanation."""
    return result.outcome in UNHAPPY
