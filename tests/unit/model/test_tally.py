"""What results come to, counted in one reading."""

from __future__ import annotations

from runner.model import Attempt, Case, Outcome, Result, StepReport, StepResult
from runner.model.tally import tally_of

PASSED, FAILED, ERRORED, SKIPPED = (
    Outcome.PASSED,
    Outcome.FAILED,
    Outcome.ERRORED,
    Outcome.SKIPPED,
)


def attempt(number: int, kind: str = "command", *cases: Case) -> Attempt:
    step = StepResult("s", kind, StepReport(PASSED, cases=cases))
    return Attempt(number, PASSED, "", "", "", 0.0, (step, step), None)


RESULTS = (
    Result("a", "A", PASSED, attempts=(attempt(1),)),
    Result("b", "B", FAILED, attempts=(attempt(1, "pytest", Case("c", "n", FAILED)),)),
    Result("c", "C", FAILED, allow_failure=True, attempts=(attempt(1),)),
    Result("d", "D", PASSED, flaky=True, attempts=(attempt(1, "http"), attempt(2))),
    Result("e", "E", SKIPPED),
    Result("f", "F", ERRORED, resumed=True, allow_failure=True),
)


def test_all_is_counted_and_placed() -> None:
    found = tally_of(RESULTS)
    assert found.outcomes == {PASSED: 2, FAILED: 2, ERRORED: 1, SKIPPED: 1}
    assert (found.allowed, found.resumed) == (1, 1)
    assert list(found.flaky) == [3]
    assert list(found.unhappy) == [1, 2, 5]
    assert list(found.not_passed) == [1, 2, 4, 5]
    assert list(found.retried) == [3]
    assert list(found.with_cases) == [1]
    assert {kind: list(places) for kind, places in found.kinds.items()} == {
        "command": [0, 2, 3],
        "pytest": [1],
    }


def test_an_allowed_failure_is_not_counted_and_an_error_is() -> None:
    found = tally_of(RESULTS)
    assert [found.counted(one) for one in (PASSED, FAILED, ERRORED, SKIPPED)] == [2, 1, 1, 1]


def test_of_nothing() -> None:
    found = tally_of(())
    assert found.counted(PASSED) == 0
    assert not found.unhappy
