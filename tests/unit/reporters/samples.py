"""Runs made by hand, and golden files to hold their reports against."""

from __future__ import annotations

import os
from pathlib import Path

from runner.model import (
    Artifact,
    Assertion,
    Attempt,
    Case,
    Check,
    Execution,
    Outcome,
    Place,
    Result,
    Retry,
    Run,
    ServiceReport,
    StepReport,
    StepResult,
    Subject,
)
from runner.reporters.console import Pointers

GOLDEN = Path(__file__).parent / "golden"
NOON = "2026-11-22T12:00:00+00:00"
PLACE = Place("config/mlflow_release.yaml", 41, 5)
SUBJECT = Subject("mlflow", "3.6.0", PLACE.file, "a" * 64, "", "c0ffee", dirty=False)
POINTERS = Pointers(
    rerun=lambda check: f"runner run verification --only {check}",
    dossier="analysis_outputs/live",
    where="analysis_outputs/live",
)
TAIL = (
    "".join(f"line {number}\n" for number in range(1, 20)) + "\x1b[31mConnection refused\x1b[0m\n"
)


def compare(name: str, text: str) -> None:
    """Hold a text against its golden file; UPDATE_GOLDEN=1 writes it anew."""
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, "utf-8")
    assert text == path.read_text("utf-8")


def check(name: str, area: str, attempts: int = 1) -> Check:
    return Check(name, area, (), PLACE, retry=Retry(attempts, 2.0))


def execution(*, stopped: str = "", signal: str = "", error: str = "") -> Execution:
    return Execution(("x",), "/", (), NOON, 1.0, None, signal, stopped, error)


def step(
    *assertions: Assertion, cases: tuple[Case, ...] = (), executions: tuple[Execution, ...] = ()
) -> StepResult:
    report = StepReport(Outcome.FAILED, assertions=assertions, cases=cases, executions=executions)
    return StepResult("run", "command", report, NOON, 1.0)


def attempt(outcome: Outcome, *steps: StepResult, number: int = 1, tail: str = "") -> Attempt:
    log = Artifact(f"verification/logs/x.{number}.log", 9, "0" * 64)
    bad = outcome in {Outcome.FAILED, Outcome.ERRORED}
    reason = "exit code is 1, expected 0" if bad else ""
    hint = "Is the tracking server up?" if bad else ""
    return Attempt(number, outcome, reason, hint, NOON, 1.2, steps, log, tail)


def result(name: str, area: str, *attempts: Attempt, **fields: object) -> Result:
    final = attempts[-1]
    base = Result(
        name,
        area,
        final.outcome,
        final.reason,
        final.hint,
        place=PLACE,
        attempts=attempts,
        started=NOON,
        duration=1.24,
        flaky=final.outcome is Outcome.PASSED and len(attempts) > 1,
    )
    return replaced(base, **fields)


def replaced(base: Result, **fields: object) -> Result:
    """Change fields of a result, whatever they are."""
    kept = {name: getattr(base, name) for name in Result.__struct_fields__}
    return Result(**(kept | fields))


def run(
    *results: Result, verdict: Outcome = Outcome.PASSED, services: tuple[ServiceReport, ...] = ()
) -> Run:
    return Run(
        "r1",
        "verification",
        SUBJECT,
        verdict,
        0,
        NOON,
        31.2,
        results,
        services,
        selected=len(results),
        total=len(results),
        host="ci-1",
        runner_version="0.1.0",
    )


LONG = Assertion(
    "stdout",
    "contains 'run recorded', after which the metrics and the artifact are listed one by one",
    "'Traceback (most recent call last)', and nothing that resembles what was expected of it",
    holds=False,
)
REFUSED = Assertion("exit code", "0", "1", holds=False)
HELD = Assertion("stderr", "empty", "empty", holds=True)
CASES = (
    Case("tests.test_runs", "test_new", Outcome.PASSED, 0.5),
    Case("tests.test_runs", "test_old", Outcome.FAILED, 0.25, "assert 1 == 2\nmore", "trace <x>"),
    Case("", "test_slow", Outcome.SKIPPED, 0.0, "too slow"),
    Case("tests.test_runs", "test_gone", Outcome.ERRORED, 0.0, "", "fixture not found"),
)


def mixed() -> Run:
    """Give a run with every outcome, flaky and allowed ones too, and a service that failed."""
    failed = attempt(Outcome.FAILED, step(REFUSED, LONG, HELD), tail=TAIL)
    errored = attempt(Outcome.ERRORED, step(executions=(execution(stopped="timeout"),)))
    again = attempt(Outcome.FAILED, step(REFUSED, LONG, HELD), number=2, tail=TAIL)
    passed = attempt(Outcome.PASSED)
    third = attempt(Outcome.PASSED, number=3)
    service = ServiceReport(
        "postgres",
        Outcome.ERRORED,
        "port 5432 is held by 812 postgres",
        "Stop it, or choose another port.",
        NOON,
        duration=0.1,
        log=Artifact("verification/logs/service-postgres.log", 1, "0" * 64),
        tail="bind: address already in use\n",
    )
    found = (
        result("fast-unit-tests", "Fast unit tests", passed, expect="Pass."),
        result("artifact-push", "Artifact push", failed, again, duration=185.2),
        result("container", "Container smoke test", errored, artifacts=()),
        result("audit", "Sample audit 日本語 [red]", errored, again, third, resumed=True),
        result(
            "licences", "Licences", attempt(Outcome.FAILED, step(cases=CASES)), allow_failure=True
        ),
        Result(
            "rehearsal", "Rollback rehearsal", Outcome.SKIPPED, "needs artifact-push, which failed"
        ),
    )
    base = run(*found, verdict=Outcome.ERRORED, services=(service,))
    fields = {name: getattr(base, name) for name in Run.__struct_fields__}
    return Run(**(fields | {"total": 9, "warnings": ("the work tree has changes",)}))
