"""``pytest``: a test run, judged by the report that this very run has written."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

from runner.kinds.base import Command, Context, Kind
from runner.kinds.junit import JunitReport, ReportError, parse, read_bytes
from runner.kinds.verdicts import PASSED, Verdict, errored, failed, undecided, with_verdict
from runner.kinds.wording import shell_line, some
from runner.model import Assertion, Case, Execution, Outcome, StepReport
from runner.playbook.shapes import Field, Integer, ListOf, Record, Scalar, Text, refuse

_REPORT = "report.xml"
_ALL_PASSED, _SOME_FAILED, _INTERRUPTED, _NOTHING_COLLECTED = 0, 1, 2, 5
_UNDECIDED = {
    3: ("pytest had an internal error", "see the log; a plugin or a conftest.py may be at fault"),
    4: ("pytest was called wrongly", "the log names the argument or the path"),
}
"""Exit codes that say nothing on the tests (`pytest.ExitCode` of pytest 9.2)."""


_ALLOWED = (
    r"(?!--(?:junit-?xml|lf|last-failed|sw|stepwise|co|collect-only|setup-only|setup-plan)"
    r"(?:=[\s\S]*)?$)[\s\S]*"
)
"""No report elsewhere, no selection by an earlier run, no listing instead of running."""


@dataclass(frozen=True)
class PytestParameters:
    """What stands under ``with``."""

    args: tuple[str, ...]
    """Arguments: paths, ``-k``, ``-m``, …"""
    python: str = "python"
    """The interpreter whose pytest is run."""
    min_tests: int = 1
    """How many tests must have run, skipped ones left aside."""


@dataclass(frozen=True)
class PytestAction:
    """Run pytest, and believe its report only where its exit code agrees."""

    args: tuple[str, ...]
    """Arguments: paths, ``-k``, ``-m``, …"""
    python: str
    """The interpreter whose pytest is run."""
    min_tests: int
    """How many tests must have run."""

    def describe(self) -> tuple[str, ...]:
        """Give the command as a line for a shell; a scratch folder takes its report."""
        return (shell_line(self._argv(Path("SCRATCH"))),)

    def run(self, context: Context) -> StepReport:
        """Run it; the report's folder is new, so that no earlier report can be taken for it."""
        folder = Path(tempfile.mkdtemp(prefix="pytest-", dir=context.scratch))
        limit = context.remaining
        execution = context.run(Command(self._argv(folder))).execution
        report = StepReport(Outcome.PASSED, executions=(execution,))
        found, trouble = None, ""
        try:
            content = read_bytes(folder / _REPORT)
            report = replace(report, artifacts=(context.save("pytest.xml", content),))
            found = parse(content, context.redact)
            report = replace(report, cases=found.cases)
        except ReportError as error:
            trouble = str(error)
        verdict = undecided(execution, limit, context.stopping)
        verdict = verdict or judge_exit(execution, report.cases)
        if verdict is None and found is None:
            verdict = self._no_report(execution, trouble)
        if verdict is None and found is not None:
            report = replace(report, assertions=_assertions(found, execution, self.min_tests))
            verdict = judge_report(found, execution.exit_code, self.min_tests)
        return with_verdict(report, verdict or PASSED)

    def _no_report(self, execution: Execution, trouble: str) -> Verdict:
        hint = (
            f"see the log: is pytest installed for '{self.python}'? "
            "A test that ends the whole process leaves no report either"
        )
        return errored(f"pytest exited with {execution.exit_code}, but {trouble}", hint)

    def _argv(self, folder: Path) -> tuple[str, ...]:
        ours = (f"--junitxml={folder / _REPORT}", "-o", "junit_family=xunit2")
        return (self.python, "-m", "pytest", *ours, *self.args)


def judge_exit(execution: Execution, cases: tuple[Case, ...]) -> Verdict | None:
    """Give the verdict where pytest did not finish its tests; None for exit codes 0 and 1."""
    code = execution.exit_code
    if code in {_ALL_PASSED, _SOME_FAILED}:
        return None
    if code is None:
        return errored(f"pytest was ended by {execution.signal or 'a signal'}")
    if code == _NOTHING_COLLECTED:
        return errored("nothing ran: pytest collected no test", "check the path, -k and -m")
    if code == _INTERRUPTED:
        broken = [case.name for case in cases if case.outcome is Outcome.ERRORED]
        if broken:
            return errored(f"pytest could not collect {some(broken)}", "the log has the traces")
        return errored("pytest was interrupted (exit code 2)", "pytest.exit() or -x may be at work")
    reason, hint = _UNDECIDED.get(
        code, ("pytest ended with none of its exit codes", "a plugin may have set it; see the log")
    )
    return errored(f"{reason} (exit code {code})", hint)


def judge_report(report: JunitReport, exit_code: int | None, min_tests: int) -> Verdict:
    """Give the verdict on the cases, and distrust a report that contradicts itself or the exit."""
    if report.counted < report.listed:
        reason = f"the report lists {report.listed} tests but counts {report.counted} as run"
        return errored(reason, "pytest lists tests without running them at --setup-plan and such")
    if report.of(Outcome.FAILED) or report.of(Outcome.ERRORED):
        return _not_green(report)
    if report.troubled:
        return errored(f"the report counts {report.troubled} failures or errors, but lists none")
    if report.ran < min_tests or not report.ran:
        return _too_few(report, min_tests)
    if exit_code != _ALL_PASSED:
        hint = "a plugin may have failed the session: coverage below its limit, say; see the log"
        return errored(f"pytest exited with {exit_code} although no test failed", hint)
    return PASSED


def _not_green(report: JunitReport) -> Verdict:
    failures = [case.name for case in report.of(Outcome.FAILED)]
    errors = [case.name for case in report.of(Outcome.ERRORED)]
    if failures:
        return failed(f"{len(failures)} of {_tests(report.ran)} failed: {some(failures)}")
    return errored(f"{len(errors)} of {_tests(report.ran)} could not be decided: {some(errors)}")


def _too_few(report: JunitReport, min_tests: int) -> Verdict:
    if report.ran:
        reason = f"{_tests(report.ran)} ran, at least {min_tests} expected"
        return errored(reason, "tests went missing, or 'min_tests' is too high")
    hint = "check the path, -k, -m and the conditions of skipped tests"
    if report.cases:
        return errored(f"nothing ran: {_tests(len(report.cases))} found, all skipped", hint)
    return errored("nothing ran: pytest collected no test", hint)


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def _assertions(report: JunitReport, execution: Execution, min_tests: int) -> tuple[Assertion, ...]:
    failures, errors = len(report.of(Outcome.FAILED)), len(report.of(Outcome.ERRORED))
    code = execution.exit_code
    return (
        Assertion("exit code", "0", str(code), code == _ALL_PASSED),
        Assertion("failed tests", "0", str(failures), not failures),
        Assertion("errors", "0", str(errors), not errors),
        Assertion("tests run", f"at least {min_tests}", str(report.ran), report.ran >= min_tests),
    )


@dataclass(frozen=True)
class _Argument:
    """An argument of pytest, but for those that would take the verdict out of our hands."""

    def read(self, node: yaml.Node, key: str) -> str:
        """Take the written characters of a scalar."""
        value = Scalar().read(node, key)
        if not re.fullmatch(_ALLOWED, value):
            raise refuse(
                node,
                key,
                "an argument that leaves the report, and what runs, to this check",
                "the report is kept as pytest.xml; what runs must not depend on an earlier run",
            )
        return value

    def schema(self) -> dict[str, Any]:
        """Give every scalar but null, strings with the pattern."""
        return {**Scalar().schema(), "pattern": f"^(?:{_ALLOWED})$"}


@dataclass(frozen=True)
class _NothingMore:
    """Refuses every key: what is expected of tests stands in the tests."""

    def read(self, node: yaml.Node, key: str) -> None:
        """Refuse what is not empty."""
        if not isinstance(node, yaml.MappingNode) or node.value:
            hint = "every test must pass; 'min_tests' stands under 'with'"
            raise refuse(node, key, "text for people", hint)

    def schema(self) -> dict[str, Any]:
        """Give an object without properties."""
        return {"type": "object", "properties": {}, "additionalProperties": False}


def _build(parameters: PytestParameters, _: object) -> PytestAction:
    return PytestAction(parameters.args, parameters.python, parameters.min_tests)


def _every_test_passes() -> None:
    """Stand for the expectation that pytest itself states."""


PYTEST = Kind(
    name="pytest",
    summary="Run pytest; its tests become cases of the check.",
    parameters=Record(
        PytestParameters,
        (
            Field(
                "args",
                ListOf(_Argument(), least=1),
                "arguments: paths, -k, -m, …",
                required=True,
            ),
            Field("python", Text(), "the interpreter whose pytest is run (default: python)"),
            Field("min_tests", Integer(1), "tests that must have run, at least (default: 1)"),
        ),
    ),
    expectation=_NothingMore(),
    build=_build,
    default_expectation=_every_test_passes,
)
"""The kind for Python test suites."""
