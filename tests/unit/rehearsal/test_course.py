from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.advisories.sources.base import SourceError
from runner.engine.dossier import Dossier
from runner.engine.errand import errand
from runner.engine.journal import read
from runner.engine.redaction import Redactor
from runner.errors import ExitCode, RunnerError
from runner.events import Event, PartEnded, PartStarted
from runner.model import Outcome
from runner.rehearsal.course import Course, Halt

MASK = Redactor({"TOKEN": "hunter2hunter2"}).text("hunter2hunter2")


@pytest.fixture
def heard() -> list[Event]:
    return []


@pytest.fixture
def course(tmp_path: Path, heard: list[Event]) -> Course:
    redactor = Redactor({"TOKEN": "hunter2hunter2"})
    return Course(Dossier(tmp_path / "out"), "rehearsal-1", redactor, heard.append)


def test_a_part_is_told_logged_and_journalled(
    course: Course, heard: list[Event], tmp_path: Path
) -> None:
    with errand(tmp_path) as lent, course.part("copies", "Copy") as notes:
        door = replace(lent, ear=course)
        notes.facts.append("done with hunter2hunter2")
        door.run(("sh", "-c", "echo 'pass hunter2hunter2' >&2; exit 3"))
        door.log("a line")
        door.keep("nothing", b"")
        door.clean_up(("true",))
        with pytest.raises(SourceError, match="not found"):
            door.run(("no-such-program",))
    (part,) = course.parts
    assert (part.name, part.outcome) == ("copies", Outcome.PASSED)
    assert part.facts == (f"done with {MASK}",)
    assert 0 <= part.own < part.duration
    assert heard == [PartStarted("Copy"), PartEnded(part)]
    log = (course.dossier.live / part.log).read_text().splitlines()
    assert log[1:] == [
        *("exit code 3", f"pass {MASK}", "a line"),
        *("$ true", "$ no-such-program"),
    ]
    assert [entry.event for entry in read(course.dossier.journal)] == ["part_ended"]


@pytest.mark.parametrize(
    ("raised", "outcome", "reason", "code"),
    [
        (Halt(Outcome.FAILED, "no"), Outcome.FAILED, "no", 1),
        (RunnerError("broken", hint="mend"), Outcome.ERRORED, "broken", 3),
        (OSError(28, "No space left on device", "/x"), Outcome.ERRORED, "/x: No space left", 3),
        (OSError("odd"), Outcome.ERRORED, "odd", 3),
        (KeyboardInterrupt(), Outcome.ERRORED, "interrupted by SIGINT", 130),
        (SystemExit(143), Outcome.ERRORED, "interrupted by SIGTERM", 143),
        (SystemExit("odd"), Outcome.ERRORED, "interrupted by SIGTERM", 143),
    ],
)
def test_whatever_ends_a_part_decides(
    course: Course, raised: BaseException, outcome: Outcome, reason: str, code: int
) -> None:
    with pytest.raises(Halt), course.part("a", "A"):
        raise raised
    with pytest.raises(Halt), course.part("b", "B"):
        raise RunnerError("later")
    assert course.parts[0].outcome is outcome
    assert course.parts[0].reason.startswith(reason)
    assert course.decided is not None
    assert (course.deciding, course.decided.exit_code) == ("a", code)
    assert course.decided.interrupted is (code in {ExitCode.INTERRUPTED, ExitCode.TERMINATED})


def test_a_bug_is_not_taken_for_a_verdict(course: Course) -> None:
    with pytest.raises(ZeroDivisionError), course.part("a", "A"):
        raise ZeroDivisionError
    assert course.parts == []
