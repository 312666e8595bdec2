"""What is recorded counts as long as the check, the version and the commit are the same."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runner.model import Check, Outcome, Place, Playbook, Release, Result, Subject
from runner.model.standing import StageRecord
from runner.release.checklist import Today, checklist

PLACE = Place("config/a_release.yaml", 9, 5)
SUBJECT = Subject("mlflow", "3.17.2", PLACE.file, "", "", "c0ffee", dirty=False)
WHEN = "2026-11-22T12:00:00+00:00"


def check(name: str) -> Check:
    return Check(name, name.upper(), (), PLACE, fingerprint=f"of {name}")


def result(name: str, outcome: Outcome = Outcome.PASSED, **more: object) -> Result:
    values = {"reason": "why", "started": WHEN, "fingerprint": f"of {name}", **more}
    return Result(name, name.upper(), outcome, **values)  # type: ignore[arg-type]


def today(*stages: str, version: str = "3.17.2", commit: str = "c0ffee") -> Today:
    named = dict.fromkeys(stages, (check("a"), check("b")))
    book = Playbook(PLACE.file, "/", "", Release("mlflow", version), stages=named)
    return Today(book, commit, "3.6.0")


def record(*results: Result, subject: Subject = SUBJECT, ended: bool = True) -> StageRecord:
    return StageRecord("run-1", subject, ended, {one.check: one for one in results})


def states(now: Today, told: StageRecord, stage: str = "verification") -> list[str]:
    (one,) = checklist(now, {stage: told})
    return [one.state, *(item.state for item in one.checks)]


def test_stages_come_in_the_order_of_an_upgrade() -> None:
    told = checklist(today("mine", "rollback", "verification", "preflight", "rollout"), {})
    assert [one.name for one in told] == [
        "preflight", "verification", "rollout", "rollback", "mine",
    ]  # fmt: skip
    assert {one.state for one in told} == {"not yet"}
    assert {one.remark for one in told} == {"never run"}


@pytest.mark.parametrize(
    ("outcome", "stage", "item"),
    [
        (Outcome.PASSED, "passed", "passed"),
        (Outcome.FAILED, "failed", "failed"),
        (Outcome.ERRORED, "errored", "errored"),
        (Outcome.SKIPPED, "not yet", "skipped"),
    ],
)
def test_a_stage_is_as_far_as_its_worst_check(outcome: Outcome, stage: str, item: str) -> None:
    told = record(result("a"), result("b", outcome))
    assert states(today("verification"), told) == [stage, "passed", item]


def test_a_check_without_a_result_is_not_yet_run() -> None:
    (one,) = checklist(today("verification"), {"verification": record(result("a"), ended=False)})
    assert [one.state, one.checks[1].state] == ["not yet", "not yet"]
    assert one.remark == "run run-1 has not ended, or was killed"
    assert one.checks[0].when == WHEN


def test_an_allowed_failure_says_so() -> None:
    allowed = result("b", Outcome.FAILED, allow_failure=True)
    (one,) = checklist(today("verification"), {"verification": record(result("a"), allowed)})
    assert (one.state, one.checks[1].detail) == ("passed", "failed as allowed: why")
    errored = result("b", Outcome.ERRORED, allow_failure=True)
    assert states(today("verification"), record(result("a"), errored))[0] == "errored"


@pytest.mark.parametrize(
    ("subject", "remark"),
    [
        (replace(SUBJECT, version="3.6.0"), "run for 3.6.0"),
        (replace(SUBJECT, package="other"), "run for other"),
        (replace(SUBJECT, commit="0123456789abcdef"), "run at commit 012345678, now c0ffee"),
        (replace(SUBJECT, commit=""), "run at commit unknown, now c0ffee"),
    ],
)
def test_what_is_of_another_subject_is_stale(subject: Subject, remark: str) -> None:
    told = record(result("a"), result("b"), subject=subject)
    (one,) = checklist(today("verification"), {"verification": told})
    assert (one.state, one.remark) == ("stale", remark)
    assert {(item.state, item.detail) for item in one.checks} == {("stale", remark)}


def test_what_is_of_another_check_is_stale() -> None:
    told = record(result("a"), result("b", fingerprint="another"))
    assert states(today("verification"), told) == ["stale", "passed", "stale"]


def test_changes_that_were_not_committed_are_told() -> None:
    told = record(result("a"), result("b"), subject=replace(SUBJECT, dirty=True))
    (one,) = checklist(today("verification"), {"verification": told})
    assert (one.state, one.remark) == ("passed", "run with changes that were not committed")


def test_a_preflight_is_about_the_version_before() -> None:
    saved = replace(SUBJECT, version="3.6.0", commit="before")
    told = record(result("a", fingerprint="of 3.6.0"), result("b"), subject=saved)
    assert states(today("preflight"), told, "preflight") == ["passed", "passed", "passed"]
    other = record(result("a"), result("b"), subject=replace(saved, version="3.5.0"))
    assert states(today("preflight"), other, "preflight")[0] == "stale"
    # Of today's version it is compared check by check.
    same = record(result("a", fingerprint="x"), result("b"))
    assert states(today("preflight"), same, "preflight") == ["stale", "stale", "passed"]
