"""From assertions and executions to a verdict, the same way for every kind."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from runner.kinds.wording import seconds
from runner.model import Assertion, Execution, Outcome, StepReport

Redact = Callable[[str], str]
"""Replaces the secrets in a text."""

NOTHING = "nothing there"
"""What an assertion found where there was no value at all."""

_INFINITIVES = {
    "contains ": "to contain ",
    "matches ": "to match ",
    "equals ": "to equal ",
}


class Verdict(msgspec.Struct, frozen=True):
    """How something ended, and why."""

    outcome: Outcome
    """Never ``skipped``: what a kind runs, it runs."""
    reason: str = ""
    """One line, for everything but ``passed``."""
    hint: str = ""
    """How it may be mended."""


PASSED = Verdict(Outcome.PASSED)
"""Everything that was expected held."""


def failed(reason: str, hint: str = "") -> Verdict:
    """Say that the check said no."""
    return Verdict(Outcome.FAILED, reason, hint)


def errored(reason: str, hint: str = "") -> Verdict:
    """Say that it could not be decided."""
    return Verdict(Outcome.ERRORED, reason, hint)


def with_verdict(report: StepReport, verdict: Verdict) -> StepReport:
    """Give the report with this verdict."""
    if verdict is PASSED and report.outcome is Outcome.PASSED:
        return report
    return replace(report, outcome=verdict.outcome, reason=verdict.reason, hint=verdict.hint)


def undecided(execution: Execution, limit: float, stopping: str) -> Verdict | None:
    """Give the verdict on a process that did not come to an end of its own, else None.

    ``limit`` is the time in seconds that it had, ``stopping`` the signal that the run was sent.
    """
    if execution.error:
        return errored(execution.error, execution.hint)
    if execution.stopped == "timeout":
        hint = "the log's last lines tell where it hung; 'timeout' sets another limit"
        return errored(f"timed out after {seconds(limit)}", hint)
    if execution.stopped:
        return errored(f"interrupted by {stopping or 'a signal'}")
    return None


def judge(assertions: Sequence[Assertion], hint: str = "") -> Verdict:
    """Pass where every assertion holds; where there is none, nothing can be said."""
    broken = [assertion for assertion in assertions if not assertion.holds]
    if not assertions:
        return errored("no expectation was held against anything", "state what is expected")
    if not broken:
        return PASSED
    more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
    return failed(f"{why(broken[0])}{more}", hint)


def why(assertion: Assertion) -> str:
    """Say on one line what was there and what was expected."""
    gap = " " if assertion.actual.isdigit() else ": "
    expected = assertion.expected
    for verb, infinitive in _INFINITIVES.items():
        if expected.startswith(verb):
            expected = infinitive + expected.removeprefix(verb)
    return f"{assertion.what}{gap}{assertion.actual}, expected {expected}"
