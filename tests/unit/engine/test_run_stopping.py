"""Stages side by side, stopped by signals, and taken up again."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import msgspec
import pytest
from support.house import PLACE, Call, House, Process, check, outcomes, step
from support.processes import NAP, in_a_session

from runner.errors import DossierError, ExitCode, UsageError
from runner.kinds.base import Command, Context
from runner.model import Outcome, Retry, Run, Step, StepReport


def without_times(run: Run) -> object:
    drop = {"id", "started", "duration", "cwd"}

    def clean(value: object) -> object:
        if isinstance(value, dict):
            return {k: clean(v) for k, v in value.items() if k not in drop}
        if isinstance(value, list):
            return [clean(v) for v in value]
        return value

    return clean(json.loads(msgspec.json.encode(run)))


def test_jobs_give_the_same_run_but_for_times(tmp_path: Path) -> None:
    checks = [
        check(
            f"c{n}",
            "bash",
            "-c",
            f"sleep 0.0{n % 3}; echo {n}; exit {int(n % 4 == 3)}",
        )
        for n in range(12)
    ]
    checks.append(check("last", "true", needs=("c0", "c3")))
    runs = []
    for jobs in (1, 4):
        folder = tmp_path / str(jobs)
        folder.mkdir()
        runs.append(without_times(House(folder, dict(os.environ)).run(*checks, jobs=jobs)))
    assert runs[0] == runs[1]


def test_jobs_really_run_side_by_side(house: House) -> None:
    """Each of two checks waits for the file that the other makes."""
    script = "touch $0; while [ ! -e $1 ]; do sleep 0.01; done"
    run = house.run(
        check("a", "bash", "-c", script, "one", "two", timeout=20.0),
        check("b", "bash", "-c", script, "two", "one", timeout=20.0),
        jobs=2,
    )
    assert outcomes(run) == {"a": "passed", "b": "passed"}


def test_jobs_do_not_end_each_others_daemons(house: House) -> None:
    keeper = f"({in_a_session(NAP)} &) ; sleep 1; pgrep -f '{NAP}$' > /dev/null"
    run = house.run(
        check("a", "bash", "-c", keeper),
        *(check(f"b{n}", "bash", "-c", "sleep 0.05") for n in range(10)),
        jobs=2,
    )
    assert set(outcomes(run).values()) == {"passed"}


# --- stopping ---------------------------------------------------------------------------


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_cleanly(house: House, number: signal.Signals, code: int) -> None:
    steps = (step("sleep", "100", name="one"), step("touch", "cleaned", name="two", always=True))
    threading.Timer(0.5, os.kill, [os.getpid(), number]).start()
    run = house.run(check("a", steps=steps, retry=Retry(3)), check("b", "true"))
    assert run.exit_code == code
    assert run.interrupted == number.name
    assert outcomes(run) == {"a": "errored", "b": "skipped"}
    assert run.results[1].reason == f"interrupted by {number.name}"
    assert (house.repository / "cleaned").exists()
    assert house.dossier.read_run("verification") == run


def test_a_second_signal_ends_the_cleaning_too(house: House) -> None:
    steps = (step("sleep", "100", name="one"), step("sleep", "100", name="two", always=True))
    for after in (0.4, 0.9):
        threading.Timer(after, os.kill, [os.getpid(), signal.SIGINT]).start()
    run = house.run(check("a", steps=steps))
    reports = [s.report.outcome for s in run.results[0].attempts[0].steps]
    assert reports == [Outcome.ERRORED, Outcome.ERRORED]
    assert run.exit_code == 130


def test_a_signal_between_steps(house: House) -> None:
    def interrupt(_: Context) -> StepReport:
        os.kill(os.getpid(), signal.SIGINT)
        return StepReport(Outcome.PASSED)

    steps = (Step("one", "call", Call(interrupt), PLACE), step("true", name="two"))
    run = house.run(check("a", steps=steps))
    assert run.results[0].reason == "interrupted by SIGINT"


def test_waiting_ends_at_the_deadline_and_at_a_signal(house: House) -> None:
    def wait(context: Context) -> StepReport:
        assert context.wait(0.01) is True
        assert context.remaining > 0
        began = time.monotonic()
        assert context.wait(100) is True
        assert time.monotonic() - began < 50
        assert context.stopping == ""
        assert context.repository == house.repository
        assert context.cwd == house.repository
        assert context.scratch.is_dir()
        return StepReport(Outcome.PASSED)

    run = house.run(check("a", steps=(Step("one", "c", Call(wait), PLACE, timeout=0.2),)))
    assert outcomes(run) == {"a": "passed"}


def test_cleaning_up_has_time_of_its_own(house: House) -> None:
    def hang_and_clean(context: Context) -> StepReport:
        hung = context.run(Command(("sleep", "60")))
        assert hung.execution.stopped == "timeout"
        assert context.remaining == 0
        cleaned = context.clean_up(Command(("true",))).execution
        return StepReport(Outcome.PASSED, executions=(cleaned,))

    step = Step("one", "c", Call(hang_and_clean), PLACE, timeout=0.2)
    (result,) = house.run(check("a", steps=(step,))).results
    assert result.attempts[0].steps[0].report.executions[0].exit_code == 0


# --- resuming ---------------------------------------------------------------------------


def test_resume_runs_only_what_has_not_passed(house: House) -> None:
    checks = (
        check("a", "bash", "-c", "echo x >> ran"),
        check("b", "test", "-e", "mended"),
        check("c", "true", needs=("b",)),
    )
    first = house.run(*checks)
    assert outcomes(first) == {"a": "passed", "b": "failed", "c": "skipped"}
    (house.repository / "mended").touch()
    run = house.run(*checks, resume=True)
    assert outcomes(run) == {"a": "passed", "b": "passed", "c": "passed"}
    assert (house.repository / "ran").read_text() == "x\n"
    assert [result.resumed for result in run.results] == [True, False, False]
    assert run.results[0].attempts == first.results[0].attempts
    assert [a.number for a in run.results[1].attempts] == [1, 2]
    assert run.results[1].flaky is True
    assert run.exit_code == ExitCode.PASSED


def test_resume_twice(house: House) -> None:
    checks = (check("a", "true"), check("b", "false"))
    house.run(*checks)
    house.run(*checks, resume=True)
    run = house.run(*checks, resume=True)
    assert [a.number for a in run.results[1].attempts] == [1, 2, 3]
    assert run.results[0].resumed


def test_resume_reruns_what_is_defined_otherwise_now(house: House) -> None:
    house.run(check("a", "echo", "x"))
    run = house.run(check("a", "echo", "y", fingerprint="other"), resume=True)
    assert run.results[0].resumed is False
    assert [a.number for a in run.results[0].attempts] == [2]


def test_resume_without_a_run(house: House) -> None:
    with pytest.raises(UsageError, match="there is no run of 'verification' to resume"):
        house.run(check("a", "true"), resume=True)


def test_resume_at_another_commit_reruns_all(house: House) -> None:
    commit = "git -c user.name=n -c user.email=e commit -q --allow-empty -m m"
    here = f"cd {house.repository} &&"
    assert os.system(f"{here} git init -q . && {commit}") == 0  # noqa: S605
    house.run(check("a", "true"))
    assert os.system(f"{here} {commit}") == 0  # noqa: S605
    run = house.run(check("a", "true"), resume=True)
    assert run.results[0].resumed is False
    assert "another" in run.warnings[0]
    assert house.run(check("a", "true"), resume=True).results[0].resumed is True


def test_resume_with_another_base_reruns_all(house: House) -> None:
    house.run(check("a", "true"), base="origin/main")
    run = house.run(check("a", "true"), resume=True, base="HEAD~1")
    assert run.results[0].resumed is False
    assert "--base is another" in run.warnings[0]
    assert house.run(check("a", "true"), resume=True, base="HEAD~1").results[0].resumed is True


# --- services ---------------------------------------------------------------------------


def test_split_command_through_the_context(house: House) -> None:
    def split(context: Context) -> StepReport:
        finished = context.run(
            Command(("bash", "-c", "pwd; echo $X >&2"), {"X": "y"}, "sub", 5.0, split=True)
        )
        assert finished.stdout.strip().endswith(b"/sub")
        assert finished.stderr == b"y\n"
        assert finished.execution.env == ("X",)
        return StepReport(Outcome.PASSED)

    (house.repository / "sub").mkdir()
    run = house.run(check("a", steps=(Step("one", "c", Call(split), PLACE),)))
    assert outcomes(run) == {"a": "passed"}
    assert isinstance(step("x").action, Process)


# --- what is hostile --------------------------------------------------------------------


def test_a_listener_that_breaks_does_not_break_the_run(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        message = "no screen"
        raise ValueError(message)

    monkeypatch.setattr(house.ears, "hear", broken)
    run = house.run(check("a", "true"))
    assert outcomes(run) == {"a": "passed"}
    assert run.warnings == ("a display broke: ValueError: no screen",)


def test_lost_evidence_ends_what_runs_beside(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        message = "cannot keep"
        raise DossierError(message)

    monkeypatch.setattr("runner.engine.check.collect", full)
    began = time.monotonic()
    with pytest.raises(DossierError, match="cannot keep"):
        house.run(check("a", "sleep", "0.3", artifacts=("x",)), check("b", "sleep", "100"), jobs=2)
    assert time.monotonic() - began < 60
    assert house.dossier.read_run("verification").interrupted == "killed"
