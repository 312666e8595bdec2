"""What every reporter reads out of a result: the attempt that counts, and what went wrong in it."""

from __future__ import annotations

from runner.model import Assertion, Attempt, Case, Outcome, Result

UNHAPPY = frozenset({Outcome.FAILED, Outcome.ERRORED})
"""Outcomes that need an explanation."""


def last(result: Result) -> Attempt | None:
    """Give the attempt that decided; None where there was none."""
    return result.attempts[-1] if result.attempts else None


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
    if result.outcome is Outcome.SKIPPED and result.reason:
        found.append(result.reason)
    return found
