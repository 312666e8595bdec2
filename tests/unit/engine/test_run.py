"""Stages carried out for real: order, needs, retries, steps."""

from __future__ import annotations

import hashlib
from pathlib import Path

from support.house import PLACE, Call, House, check, outcomes, step

from runner.errors import ExitCode, RunnerError
from runner.events import AttemptEnded
from runner.kinds.base import Context
from runner.model import Outcome, Retry, Step, StepReport


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


def test_what_fails_in_silence_has_a_log_to_look_into(house: House) -> None:
    run = house.run(check("a", "false"), check("b", "no-such-program"), check("c", "true"))
    logs = [result.attempts[0].log for result in run.results]
    assert [log and (log.path, log.size) for log in logs[:2]] == [
        ("verification/logs/a.1.log", 0),
        ("verification/logs/b.1.log", 0),
    ]
    assert logs[2] is None
    assert (house.live / "verification/logs/a.1.log").read_bytes() == b""


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
