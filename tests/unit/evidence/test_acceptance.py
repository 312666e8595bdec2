"""A verdict is accepted only of what it is about."""

from __future__ import annotations

import msgspec
import pytest
from msgspec.structs import replace
from unit.reporters import samples

from runner.evidence.acceptance import Expected, objections
from runner.model import Outcome, Run

RUN = replace(
    samples.run(samples.result("a", "A", samples.attempt(Outcome.PASSED))),
    subject=replace(samples.SUBJECT, commit="c0ffee" * 6 + "c0ff", profile="docker"),
)
WANTED = Expected(commit=RUN.subject.commit, version="3.6.0", profile="docker", playbook="a" * 64)


def against(run: Run, expected: Expected = WANTED) -> list[str]:
    return list(objections({"verification/run.json": msgspec.json.encode(run)}, expected))


def test_the_right_one_is_accepted() -> None:
    assert against(RUN) == []
    assert against(RUN, Expected(commit="C0FFEEC")) == []
    assert [Expected().asks, WANTED.asks, Expected(profile="").asks] == [False, True, True]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"commit": "b" * 40}, "is of commit bbbb"),
        ({"commit": ""}, "is of commit none, not c0ffee"),
        ({"dirty": True}, "the work tree had changes"),
        ({"version": "3.6.1"}, "is of version 3.6.1, not 3.6.0"),
        ({"profile": ""}, "is of profile none, not docker"),
        ({"playbook_sha256": "b" * 64}, "is of playbook bbbb"),
    ],
)
def test_another_subject_is_not_accepted(changed: dict[str, object], told: str) -> None:
    run = replace(RUN, subject=replace(RUN.subject, **changed))
    (objection,) = against(run)
    assert told in objection


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"verdict": Outcome.FAILED}, "its verdict is failed"),
        ({"interrupted": "SIGINT"}, "it was interrupted by SIGINT"),
        ({"total": 2}, "only 1 of 2 checks were run"),
        ({"results": ()}, "checks were run"),
    ],
)
def test_no_whole_green_run_is_not_accepted(changed: dict[str, object], told: str) -> None:
    (objection,) = against(replace(RUN, **changed))
    assert told in objection


def test_no_run_at_all() -> None:
    assert list(objections({}, WANTED)) == ["it holds no run of the stage 'verification'"]
    broken = {"verification/run.json": b"{"}
    assert list(objections(broken, WANTED)) == ["verification/run.json: is not the record of a run"]
