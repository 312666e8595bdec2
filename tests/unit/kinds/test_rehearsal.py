"""A rollout demands a rehearsal of the very step that it takes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from unit.kinds.fakes import FakeContext, action_of
from unit.reporters.test_rehearsal import record

from runner.kinds.rehearsal import REHEARSAL, RehearsalAction
from runner.model import Outcome, Release
from runner.model.rehearsed import Kept, Part

LOCK = b"mlflow==3.17.2\n"
GREEN = {
    "locks_after": {"requirements.txt": hashlib.sha256(LOCK).hexdigest()},
    "restored": True,
    "kept": (Kept("repository", "a", "a"), Kept("database", "b", "b")),
}
LATER = datetime.fromisoformat("2026-11-29T10:00:00+00:00")


@pytest.fixture
def context(tmp_path: Path) -> FakeContext:
    (tmp_path / "requirements.txt").write_bytes(LOCK)
    return FakeContext(tmp_path, release=Release("mlflow", "3.17.2"))


def action(parameters: str = "{}", expectation: str = "") -> RehearsalAction:
    made = action_of(REHEARSAL, parameters, expectation)
    assert isinstance(made, RehearsalAction)
    return replace(made, now=LATER)


def test_a_green_and_young_one_is_enough(context: FakeContext) -> None:
    context.rehearsals[""] = record(**GREEN)
    report = action().run(context)
    assert report.outcome is Outcome.PASSED
    assert [one.what for one in report.assertions] == [
        "verdict",
        "package",
        "profile",
        "database",
        "age",
        "restored",
        "requirements.txt",
    ]
    assert action().describe()[0].endswith("at most 7.0 days old")


def test_none_at_all(context: FakeContext) -> None:
    report = action("{from: 3.6.0}").run(context)
    assert report.outcome is Outcome.FAILED
    assert report.reason == "the step to 3.17.2 was not rehearsed"
    assert report.hint == "runner rehearse --from 3.6.0 --to 3.17.2"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"verdict": Outcome.FAILED, "reason": "red"}, "verdict: failed: red, expected passed"),
        ({"package": "other"}, "package: other, expected mlflow"),
        ({"profile": "light"}, "profile: light, expected none"),
        ({"kept": (Kept("database", "", ""),)}, "database: there was nothing to copy, expected"),
        ({"parts": (Part("seed", "Fill", Outcome.PASSED),)}, "database: there was nothing to copy"),
        ({"ended": "2026-11-20T10:00:00+00:00"}, "age: 9.0 days, expected at most 7.0 days"),
        ({"ended": "2026-12-20T10:00:00+00:00"}, "age: -21.0 days, expected at most 7.0 days"),
        ({"ended": "yesterday"}, "age: unknown, expected at most 7.0 days"),
        ({"restored": False}, "restored: not everything, expected everything"),
        ({"locks_after": {}}, "locks: none, expected at least one"),
        ({"locks_after": {"requirements.txt": "0" * 64}}, "expected 000000000000"),
        ({"locks_after": {"gone.txt": "0" * 64}}, "gone.txt: missing, expected 000000000000"),
    ],
)
def test_what_is_not_enough(context: FakeContext, changes: dict[str, object], reason: str) -> None:
    context.rehearsals[""] = record(**{**GREEN, **changes})
    report = action().run(context)
    assert report.outcome is Outcome.FAILED
    assert reason in report.reason
    assert report.hint == "runner rehearse --from 3.6.0 --to 3.17.2"


def test_the_profile_is_the_one_that_rehearsals_are_led_to(context: FakeContext) -> None:
    context.rehearsals[""] = record(**{**GREEN, "profile": "rehearsal-docker"})
    assert "profile: rehearsal-docker, expected none" in action().run(context).reason
    context.rehearsed_as = "rehearsal-docker"
    assert action().run(context).outcome is Outcome.PASSED


def test_without_a_database_there_is_nothing_to_copy(context: FakeContext) -> None:
    context.rehearsals[""] = record(**{**GREEN, "kept": (Kept("repository", "a", "a"),)})
    assert action().run(context).outcome is Outcome.PASSED


def test_how_old_it_may_be(context: FakeContext) -> None:
    context.rehearsals[""] = record(**GREEN)
    report = action(expectation="{max_age: 36h}").run(context)
    assert report.reason == "age: 48.0 hours, expected at most 36.0 hours"
    assert action(expectation="{max_age: 3d}").run(context).outcome is Outcome.PASSED


def test_now_is_now(context: FakeContext) -> None:
    context.rehearsals[""] = record(**{**GREEN, "ended": "2020-01-01T00:00:00+00:00"})
    made = action_of(REHEARSAL, "{}")
    assert "age: " in made.run(context).reason
