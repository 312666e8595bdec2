"""Stages carried out for real: order, needs, retries, services, evidence."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path

import msgspec
import pytest
from support.house import PLACE, Call, House, Process, check, step
from support.processes import NAP, alive, in_a_session

from runner.engine.journal import read
from runner.errors import DossierError, ExitCode, RunnerError, UsageError
from runner.events import AttemptEnded, CheckEnded, Output, RunEnded, RunStarted
from runner.kinds.base import Command, Context
from runner.model import Outcome, Ready, Retry, Run, Service, Step, StepReport


def outcomes(run: Run) -> dict[str, str]:
    return {result.check: str(result.outcome) for result in run.results}


def test_all_pass(house: House) -> None:
    run = house.run(check("a", "true"), check("b", "echo", "hi"))
    assert (run.verdict, run.exit_code) == (Outcome.PASSED, ExitCode.PASSED)
    assert (run.selected, run.total) == (2, 2)
    assert (house.live / "verification/logs/b.1.log").read_text() == "hi\n"


def test_the_log_is_hashed(house: House) -> None:
    run = house.run(check("a", "echo", "hi"))
    log = run.results[0].attempts[0].log
    assert log is not None
    content = (house.live / log.path).read_bytes()
    assert (log.size, log.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_a_failure_does_not_stop_the_rest(house: House) -> None:
    run = house.run(check("a", "false"), check("b", "true"))
    assert outcomes(run) == {"a": "failed", "b": "passed"}
    assert run.exit_code == ExitCode.FAILED


def test_fail_fast_does(house: House) -> None:
    run = house.run(check("a", "false"), check("b", "true"), fail_fast=True)
    assert outcomes(run) == {"a": "failed", "b": "skipped"}
    assert run.results[1].reason == "'a' did not pass (--fail-fast)"


def test_what_cannot_be_decided_outweighs_a_no(house: House) -> None:
    run = house.run(check("a", "false"), check("b", "no-such-program"))
    assert outcomes(run) == {"a": "failed", "b": "errored"}
    assert run.exit_code == ExitCode.ERRORED


def test_needs_skip_with_a_reason(house: House) -> None:
    run = house.run(
        check("a", "false"), check("b", "true", needs=("a",)), check("c", "true", needs=("b",))
    )
    assert outcomes(run) == {"a": "failed", "b": "skipped", "c": "skipped"}
    assert run.results[1].reason == "needs 'a', which was failed"


def test_a_need_written_later_runs_first(house: House) -> None:
    run = house.run(check("a", "test", "-e", "made", needs=("b",)), check("b", "touch", "made"))
    assert outcomes(run) == {"a": "passed", "b": "passed"}
    assert [result.check for result in run.results] == ["a", "b"]


def test_only_selects_and_is_recorded(house: House) -> None:
    run = house.run(check("a", "false"), check("b", "true", needs=("a",)), only=("b",))
    assert outcomes(run) == {"b": "passed"}
    assert (run.selected, run.total) == (1, 2)


def test_an_allowed_failure_does_not_count_but_shows(house: House) -> None:
    run = house.run(check("a", "false", allow_failure=True), check("b", "true"))
    assert outcomes(run) == {"a": "failed", "b": "passed"}
    assert run.exit_code == ExitCode.PASSED


def test_an_allowed_failure_does_not_excuse_what_cannot_run(house: House) -> None:
    run = house.run(check("a", "no-such-program", allow_failure=True))
    assert run.exit_code == ExitCode.ERRORED


def test_only_allowed_failures_are_no_success(house: House) -> None:
    run = house.run(check("a", "false", allow_failure=True))
    assert (run.verdict, run.exit_code) == (Outcome.SKIPPED, ExitCode.INVALID)


def flaky(times: int) -> str:
    return f"echo x | tee -a count; test $(wc -l < count) -gt {times}"


def test_a_flaky_pass_is_marked_and_every_attempt_kept(house: House) -> None:
    run = house.run(check("a", "bash", "-c", flaky(2), retry=Retry(5, 0.01, 2.0)))
    result = run.results[0]
    assert (result.outcome, result.flaky) == (Outcome.PASSED, True)
    assert [str(a.outcome) for a in result.attempts] == ["failed", "failed", "passed"]
    assert [a.log.path for a in result.attempts if a.log] == [
        f"verification/logs/a.{n}.log" for n in (1, 2, 3)
    ]
    retries = [e.retry_in for e in house.ears.heard if isinstance(e, AttemptEnded)]
    assert retries == [0.01, 0.02, None]


def test_retries_come_to_an_end(house: House) -> None:
    run = house.run(check("a", "false", retry=Retry(3)))
    assert len(run.results[0].attempts) == 3
    assert run.results[0].flaky is False


def test_steps_after_a_failed_one_are_skipped_but_always_ones_run(house: House) -> None:
    steps = (
        step("false", name="one"),
        step("touch", "two", name="two"),
        step("touch", "three", name="three", always=True),
    )
    run = house.run(check("a", steps=steps))
    attempt = run.results[0].attempts[0]
    assert [str(s.report.outcome) for s in attempt.steps] == ["failed", "skipped", "passed"]
    assert attempt.reason == "one: exit code 1"
    assert not (house.repository / "two").exists()
    assert (house.repository / "three").exists()
    log = (house.live / "verification/logs/a.1.log").read_text()
    assert log.splitlines() == ["--- step 1 of 3: one", "--- step 3 of 3: three"]


def test_a_timeout_is_an_error_and_leaves_the_always_steps_their_time(house: House) -> None:
    steps = (step("sleep", "100", name="one"), step("touch", "two", name="two", always=True))
    run = house.run(check("a", steps=steps, timeout=0.3))
    assert run.results[0].outcome is Outcome.ERRORED
    assert (house.repository / "two").exists()


def test_a_timeout_of_a_step(house: House) -> None:
    run = house.run(check("a", steps=(step("sleep", "100", timeout=0.2),)))
    assert run.results[0].reason == "timeout"


def test_outputs_reach_later_steps(house: House) -> None:
    def give(_: Context) -> StepReport:
        return StepReport(Outcome.PASSED, outputs={"url": "http://x"})

    steps = (
        Step("one", "call", Call(give), PLACE),
        step("test", "${{ steps.one.outputs.url }}", "=", "http://x", name="two"),
        step("bash", "-c", "test $STEP_ONE_URL = http://x", name="three"),
        step("test", "${{ run.stage }}", "=", "verification", name="four"),
        step(
            "bash",
            "-c",
            "test $W = http://x/w",
            name="five",
            env={"W": "${{ steps.one.outputs.url }}/w"},
        ),
    )
    assert outcomes(house.run(check("a", steps=steps))) == {"a": "passed"}


def test_the_scratch_folder_is_there_and_then_gone(house: House) -> None:
    steps = (step("bash", "-c", "test -d $RUN_SCRATCH && echo $RUN_SCRATCH > where"),)
    assert outcomes(house.run(check("a", steps=steps))) == {"a": "passed"}
    assert not Path((house.repository / "where").read_text().strip()).exists()


def test_a_broken_kind_is_an_error_with_its_trace_in_the_log(house: House) -> None:
    def broken(_: Context) -> StepReport:
        message = "boom"
        raise ValueError(message)

    run = house.run(check("a", steps=(Step("one", "call", Call(broken), PLACE),)))
    assert run.results[0].reason == "the kind 'call' broke: ValueError: boom"
    assert "Traceback" in (house.live / "verification/logs/a.1.log").read_text()


def test_a_kind_that_raises_an_error_of_ours(house: House) -> None:
    def refuse(_: Context) -> StepReport:
        message = "no"
        raise RunnerError(message, hint="do")

    run = house.run(check("a", steps=(Step("one", "call", Call(refuse), PLACE),)))
    result = run.results[0]
    assert (result.outcome, result.reason, result.hint) == (Outcome.ERRORED, "no", "do")


class Mute:
    def describe(self) -> tuple[str, ...]:
        return ()


def test_an_action_that_cannot_be_run(house: House) -> None:
    run = house.run(check("a", steps=(Step("one", "mute", Mute(), PLACE),)))
    assert run.results[0].reason == "the kind 'mute' cannot be run"


# --- secrets ----------------------------------------------------------------------------


def test_secrets_reach_only_who_names_them_and_no_evidence(house: House) -> None:
    house.environment["TOKEN"] = "hunter22"
    run = house.run(
        check(
            "a", steps=(step("bash", "-c", "echo $TOKEN; echo $0", "hunter22", secrets=("TOKEN",)),)
        ),
        check("b", "bash", "-c", 'test -z "$TOKEN"'),
    )
    assert outcomes(run) == {"a": "passed", "b": "passed"}
    assert run.results[0].attempts[0].steps[0].report.executions[0].env == ("TOKEN",)
    for file in house.live.rglob("*"):
        if file.is_file():
            assert b"hunter22" not in file.read_bytes(), file
    log = (house.live / "verification/logs/a.1.log").read_text()
    assert log == "[redacted TOKEN]\n[redacted TOKEN]\n"


def test_a_secret_that_is_not_set(house: House) -> None:
    with pytest.raises(UsageError, match="secrets that are not set: TOKEN"):
        house.run(check("a", steps=(step("true", secrets=("TOKEN",)),)))
    assert not house.live.exists()


def test_what_a_kind_saves_is_redacted(house: House) -> None:
    house.environment["TOKEN"] = "hunter22"

    def save(context: Context) -> StepReport:
        first = context.save("answer.txt", b"the hunter22 answer")
        second = context.save("answer.txt", context.redact("hunter22").encode())
        context.log("line hunter22")
        return StepReport(Outcome.PASSED, artifacts=(first, second))

    run = house.run(check("a", steps=(Step("one", "c", Call(save), PLACE, secrets=("TOKEN",)),)))
    kept = run.results[0].attempts[0].steps[0].report.artifacts
    assert [(house.live / one.path).read_text() for one in kept] == [
        "the [redacted TOKEN] answer",
        "[redacted TOKEN]",
    ]


def test_the_names_of_what_is_kept_are_redacted(house: House) -> None:
    house.environment["TOKEN"] = "hunter/22"

    def save(context: Context) -> StepReport:
        kept = [context.save(f"{way}.txt", b"x") for way in ("hunter/22", "hunter%2F22")]
        return StepReport(Outcome.PASSED, artifacts=tuple(kept))

    script = "echo $0 >hunter%2F22.txt; echo $0 >hunter%2f22.txt; mkdir hunter; echo >hunter/22"
    steps = (
        Step("one", "c", Call(save), PLACE),
        step("bash", "-c", script, secrets=("TOKEN",), name="two"),
    )
    run = house.run(check("a", steps=steps, artifacts=("*.txt", "hunter/*", "hunter%2F*")))
    (done,) = run.results
    saved = [one.path for one in done.attempts[0].steps[0].report.artifacts]
    assert saved == [
        "verification/artifacts/a/1.one.[redacted TOKEN].txt",
        "verification/artifacts/a/1.one.2.[redacted TOKEN].txt",
    ]
    assert [one.path for one in done.artifacts] == [
        "verification/artifacts/a/[redacted TOKEN].txt",
        "verification/artifacts/a/[redacted TOKEN].txt.2",
        "verification/artifacts/a/[redacted TOKEN]",
        "verification/artifacts/a/[redacted TOKEN].txt",
    ]
    everything = {str(one.relative_to(house.live)) for one in house.live.rglob("*")}
    assert everything >= {*saved, *(one.path for one in done.artifacts)}
    assert not [one for one in everything if "hunter" in one]


# --- artifacts --------------------------------------------------------------------------


def test_artifacts_are_kept(house: House) -> None:
    script = "mkdir -p out_; echo 1 > out_/a.txt; echo 2 > $RUN_SCRATCH/b.txt"
    run = house.run(
        check("a", "bash", "-c", script, artifacts=("out_/*.txt", "${{ run.scratch }}/b.txt"))
    )
    assert [one.path for one in run.results[0].artifacts] == [
        "verification/artifacts/a/out_/a.txt",
        "verification/artifacts/a/b.txt",
    ]
    assert (house.live / "verification/artifacts/a/b.txt").read_text() == "2\n"


def test_a_promised_artifact_that_is_missing_is_no_pass(house: House) -> None:
    run = house.run(check("a", "true", artifacts=("nothing.txt",)))
    assert run.results[0].outcome is Outcome.ERRORED
    assert run.results[0].reason == "no file matches artifacts: nothing.txt"


def test_artifacts_do_not_follow_links_out(house: House) -> None:
    run = house.run(check("a", "ln", "-s", "/etc/passwd", "leak.txt", artifacts=("leak.txt",)))
    assert run.results[0].outcome is Outcome.ERRORED
    assert not list(house.live.rglob("leak.txt"))


# --- evidence ---------------------------------------------------------------------------


def test_run_json_reads_back_as_the_run(house: House) -> None:
    run = house.run(check("a", "false"))
    assert house.dossier.read_run("verification") == run


def test_upgrade_json_keeps_from(house: House) -> None:
    house.run(check("a", "true"))
    record = json.loads((house.live / "upgrade.json").read_text())
    assert (record["package"], record["from"], record["to"]) == ("mlflow", "3.6.0", "3.6.0")
    (house.live / "upgrade.json").write_text(json.dumps({"from": "3.5.0"}))
    house.run(check("a", "true"))
    assert json.loads((house.live / "upgrade.json").read_text())["from"] == "3.5.0"
    (house.live / "upgrade.json").write_text("[]")
    house.run(check("a", "true"))


def test_an_earlier_run_is_set_aside_not_lost(house: House) -> None:
    first = house.run(check("a", "echo", "first"))
    second = house.run(check("a", "echo", "second"))
    aside = house.live / "earlier" / f"verification-before-{second.id}"
    assert json.loads((aside / "run.json").read_text())["id"] == first.id
    assert (aside / "logs/a.1.log").read_text() == "first\n"
    assert (house.live / "verification/logs/a.1.log").read_text() == "second\n"


def test_the_journal_tells_all(house: House) -> None:
    house.run(check("a", "true"))
    assert [entry.event for entry in read(house.dossier.journal)] == [
        "run_started",
        "attempt_started",
        "attempt_ended",
        "check_ended",
        "run_ended",
    ]


def test_git_commit_and_state(house: House) -> None:
    assert house.run(check("a", "true")).subject.commit == ""
    script = "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m m"
    assert os.system(f"cd {house.repository} && {script}") == 0  # noqa: S605
    clean = house.run(check("a", "true")).subject
    assert len(clean.commit) == 40
    assert clean.dirty is False
    (house.repository / "new").write_text("x")
    assert house.run(check("a", "true")).subject.dirty is True


def test_a_state_that_git_cannot_tell_is_not_called_clean(house: House) -> None:
    script = "git init -q . && git -c user.name=n -c user.email=e commit -q --allow-empty -m m"
    assert os.system(f"cd {house.repository} && {script}") == 0  # noqa: S605
    (house.repository / ".git" / "index").write_text("no index")
    subject = house.run(check("a", "true")).subject
    assert len(subject.commit) == 40
    assert subject.dirty is True


def test_two_runs_at_once_are_refused(house: House) -> None:
    with house.dossier.locked(), pytest.raises(DossierError, match=rf"pid {os.getpid()}\)"):
        house.run(check("a", "true"))


def test_an_output_folder_that_cannot_be(house: House) -> None:
    (house.repository / "out").write_text("a file")
    with pytest.raises(DossierError, match="cannot write into") as caught:
        house.run(check("a", "true"))
    assert "--output" in caught.value.hint


def test_an_unreadable_run_json(house: House) -> None:
    with pytest.raises(DossierError, match="cannot read"):
        house.dossier.read_run("verification")
    house.run(check("a", "true"))
    (house.live / "verification/run.json").write_text("{}")
    with pytest.raises(DossierError, match="is not a run"):
        house.dossier.read_run("verification")


def test_listeners_hear_in_order(house: House) -> None:
    house.ears.wants_output = True
    house.run(check("a", "echo", "hi"))
    kinds = [type(event) for event in house.ears.heard]
    assert kinds[0] is RunStarted
    assert kinds[-1] is RunEnded
    assert kinds.index(Output) < kinds.index(CheckEnded)
    assert [e.data for e in house.ears.heard if isinstance(e, Output)] == [b"hi\n"]


# --- side by side -----------------------------------------------------------------------


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
    keeper = f"({in_a_session('sleep 2')} &) ; sleep 1; pgrep -f 'sleep 2$' > /dev/null"
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


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def server(number: int, **ready: object) -> Service:
    ready.setdefault("url", f"http://127.0.0.1:{number}/")
    argv = (sys.executable, "-u", "-m", "http.server", str(number), "--bind", "127.0.0.1")
    return Service("web", PLACE, run=argv, ready=Ready(within=20.0, **ready))  # type: ignore[arg-type]


def asking(port: int) -> tuple[str, ...]:
    code = "import sys, urllib.request as u; u.urlopen(sys.argv[1]).read()"
    return (sys.executable, "-c", code, f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    "ready",
    [
        {},
        {"url": "", "port": True},
        {"url": "", "log": "Serving HTTP .* port"},
        {"url": "", "command": True},
    ],
)
def test_a_service_is_ready_before_and_gone_after(
    house: House, port: int, ready: dict[str, object]
) -> None:
    if ready.get("port"):
        ready["port"] = port
    if ready.get("command"):
        ready["command"] = asking(port)
    run = house.run(
        check("a", *asking(port), services=("web",)), services={"web": server(port, **ready)}
    )
    assert outcomes(run) == {"a": "passed"}
    report = run.services[0]
    assert (report.name, report.outcome) == ("web", Outcome.PASSED)
    assert report.log is not None
    assert "Serving HTTP" in (house.live / report.log.path).read_text()
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", port))


def test_a_service_that_dies_while_waiting_is_told_at_once(house: House, port: int) -> None:
    dying = Service(
        "web", PLACE, run=("bash", "-c", "echo boom; exit 4"), ready=Ready(port=port, within=60.0)
    )
    began = time.monotonic()
    run = house.run(check("a", "true", services=("web",)), services={"web": dying})
    assert time.monotonic() - began < 30
    assert run.results[0].outcome is Outcome.ERRORED
    assert run.results[0].reason == "service web died: exit code 4; its log ends: boom"
    assert run.services[0].tail == "boom"
    assert run.exit_code == ExitCode.ERRORED


def test_a_service_that_never_gets_ready(house: House, port: int) -> None:
    idle = Service("web", PLACE, run=("sleep", "100"), ready=Ready(port=port, within=0.3))
    run = house.run(check("a", "true", services=("web",)), services={"web": idle})
    assert run.results[0].reason == f"service web: no port {port} within 0.3 s"


def test_a_service_whose_program_is_missing(house: House) -> None:
    gone = Service("web", PLACE, run=("no-such-program",), ready=Ready(log="x"))
    run = house.run(check("a", "true", services=("web",)), services={"web": gone})
    assert run.results[0].reason == "service web: no-such-program: not found"
    assert run.results[0].hint


def test_a_port_held_by_another_names_it(house: House) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        run = house.run(check("a", "true", services=("web",)), services={"web": server(port)})
    reason = run.results[0].reason
    assert f"port {port} is held by another process: {os.getpid()} " in reason
    assert run.results[0].outcome is Outcome.ERRORED


def test_a_port_taken_meanwhile_is_noticed(house: House, port: int) -> None:
    """The service waits, somebody else listens: the answer is not the service's."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", port))
        threading.Timer(0.5, held.listen).start()
        idle = Service("web", PLACE, run=("sleep", "100"), ready=Ready(port=port, within=20.0))
        run = house.run(check("a", "true", services=("web",)), services={"web": idle})
    assert "is held by another process" in run.results[0].reason


def test_a_service_that_dies_under_a_check_is_named_in_its_hint(house: House, port: int) -> None:
    script = "pkill -f '[h]ttp.server " + str(port) + "'; sleep 0.3; exit 1"
    run = house.run(
        check("a", "bash", "-c", script, services=("web",)),
        check("b", "true", services=("web",)),
        services={"web": server(port)},
    )
    assert run.results[0].hint.startswith("service web died: ended by SIGTERM; its log ends: ")
    assert run.results[1].outcome is Outcome.ERRORED
    assert run.results[1].reason.startswith("service web died")


def test_a_service_that_dies_unnoticed_spoils_the_verdict(house: House) -> None:
    """Every check passed, but nobody knows what answered."""
    brief = Service("web", PLACE, run=("bash", "-c", "echo up; sleep 0.3"), ready=Ready(log="^up"))
    run = house.run(check("a", "sleep", "0.8", services=("web",)), services={"web": brief})
    assert outcomes(run) == {"a": "passed"}
    assert run.services[0].reason == "service web died: exit code 0; its log ends: up"
    assert (run.verdict, run.exit_code) == (Outcome.ERRORED, ExitCode.ERRORED)


def test_the_whole_tree_of_a_service_is_stopped(house: House) -> None:
    script = f"{in_a_session(NAP)} & {NAP} & echo up; wait"
    tree = Service("web", PLACE, run=("bash", "-c", script), ready=Ready(log="^up"))
    run = house.run(check("a", "true", services=("web",)), services={"web": tree})
    assert outcomes(run) == {"a": "passed"}
    assert alive(NAP) == []


def test_a_service_nobody_selected_is_not_started(house: House, port: int) -> None:
    run = house.run(check("a", "true"), services={"web": server(port)})
    assert run.services == ()


def test_interrupt_while_waiting_for_a_service(house: House, port: int) -> None:
    idle = Service("web", PLACE, run=("sleep", "100"), ready=Ready(port=port, within=60.0))
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGINT]).start()
    run = house.run(check("a", "true", services=("web",)), services={"web": idle})
    assert run.results[0].reason == "interrupted by SIGINT"
    assert run.exit_code == 130


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


@pytest.mark.skipif(sys.platform != "linux", reason="platform: names of files are Unicode here")
def test_names_that_are_no_utf8(house: House) -> None:
    # The one left running has its name before the check ends, whichever of both is quicker.
    named = "exec -a $'\\xff\\xfe' bash -c 'echo > up; exec -a \"$0\" sleep 54399' $'\\xff\\xfe'"
    script = f"printf x > $'\\xff.txt'; ({named}) & until [ -e up ]; do sleep 0.01; done"
    run = house.run(check("a", "bash", "-c", script, artifacts=("*.txt",)))
    assert outcomes(run) == {"a": "passed"}
    assert run.results[0].artifacts[0].path == "verification/artifacts/a/\\udcff.txt"
    leftovers = run.results[0].attempts[0].steps[0].report.executions[0].leftovers
    assert any("\\udcff" in name for name in leftovers)
    assert house.dossier.read_run("verification") == run


def test_a_kind_that_blabs_is_redacted_everywhere(house: House) -> None:
    house.environment["TOKEN"] = "hunter22"

    def blab(_: Context) -> StepReport:
        return StepReport(Outcome.FAILED, "it was hunter22", "say hunter22")

    run = house.run(check("a", steps=(Step("one", "c", Call(blab), PLACE, secrets=("TOKEN",)),)))
    assert run.results[0].reason == "it was [redacted TOKEN]"
    assert "hunter22" not in repr(run)
    assert "hunter22" not in repr([e for e in house.ears.heard if isinstance(e, CheckEnded)])


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


@pytest.mark.usefixtures("full_disk")
def test_a_service_whose_log_cannot_be_written_is_stopped_all_the_same(house: House) -> None:
    script = f"echo up; {in_a_session(NAP)} & while sleep 0.05; do echo more; done"
    services = {
        "web": Service("web", PLACE, run=("bash", "-c", script), ready=Ready(log="^up")),
        "db": Service("db", PLACE, run=("bash", "-c", f"echo up; {NAP}"), ready=Ready(log="^up")),
    }
    began = time.monotonic()
    with pytest.raises(DossierError, match=r"cannot write .*service\.web\.log"):
        house.run(check("a", "sleep", "100", services=("db", "web")), services=services)
    assert time.monotonic() - began < 60
    assert alive(NAP) == []
