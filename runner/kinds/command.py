"""``command``: a program or a shell script, its exit code and what it prints."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from runner.kinds.base import CAPTURE_LIMIT, Command, Context, Finished, Kind
from runner.kinds.matching import ANY_TEXT, TextExpectation
from runner.kinds.outputs import OUTPUTS, Output, collect
from runner.kinds.verdicts import (
    PASSED,
    Verdict,
    errored,
    failed,
    judge,
    undecided,
    why,
)
from runner.kinds.wording import shell_line
from runner.model import Artifact, Assertion, Execution, StepReport
from runner.playbook.shapes import Either, Field, Integer, ListOf, Record, Scalar, ShellText, Text

SHELL = ("bash", "-euo", "pipefail", "-c")
"""What runs a ``run`` that is written as a string."""

_CANNOT_RUN = {126: "was found but cannot be executed", 127: "was not found"}
"""Exit codes of the shell itself (POSIX.1-2024, XCU 2.8.2)."""
_BY_SIGNAL = 128
"""A shell reports the end of a process by signal N as 128 + N."""


class CommandParameters(msgspec.Struct, frozen=True):
    """What stands under ``with``."""

    run: str | tuple[str, ...]
    """A shell script, or an argv that no shell sees."""
    save_stdout: str = ""
    """Name under which stdout is kept as evidence; empty where it goes to the log alone."""
    outputs: Mapping[str, Output] = msgspec.field(default_factory=dict)
    """Name of a value for later steps to where it stands in stdout."""


class CommandExpectation(msgspec.Struct, frozen=True):
    """What stands under ``expect``."""

    exit_code: tuple[int, ...] = (0,)
    """Exit codes that are right."""
    stdout: TextExpectation | None = None
    """What is expected of the standard output."""
    stderr: TextExpectation | None = None
    """What is expected of the standard error."""


class _Found(NamedTuple):
    """What an execution was found to be."""

    verdict: Verdict
    assertions: tuple[Assertion, ...] = ()
    outputs: Mapping[str, str] | None = None


class CommandAction(msgspec.Struct, frozen=True):
    """Run a process, and hold its exit code and its output against what is expected."""

    argv: tuple[str, ...]
    """Program and arguments."""
    shell: bool
    """Whether the argv is a shell with a script, whose exit codes 126 and 127 have a meaning."""
    save_stdout: str
    """Name under which stdout is kept as evidence, or empty."""
    outputs: Mapping[str, Output]
    """Values for later steps."""
    expect: CommandExpectation
    """What is expected."""

    def describe(self) -> tuple[str, ...]:
        """Give the command as a line for a shell."""
        return (shell_line(self.argv),)

    def run(self, context: Context) -> StepReport:
        """Run it; what it prints is captured only where something is asked of it."""
        expect = self.expect
        split = bool(expect.stdout or expect.stderr or self.save_stdout or self.outputs)
        limit = context.remaining
        finished = context.run(Command(self.argv, split=split))
        artifacts = self._kept(finished, context)
        verdict = undecided(finished.execution, limit, context.stopping)
        found = self._judged(finished, context) if verdict is None else _Found(verdict)
        return StepReport(
            found.verdict.outcome,
            found.verdict.reason,
            found.verdict.hint,
            assertions=found.assertions,
            executions=(finished.execution,),
            outputs=found.outputs or {},
            artifacts=artifacts,
        )

    def _kept(self, finished: Finished, context: Context) -> tuple[Artifact, ...]:
        if not self.save_stdout or finished.execution.error:
            return ()
        return (context.save(self.save_stdout, finished.stdout),)

    def _judged(self, finished: Finished, context: Context) -> _Found:
        execution = finished.execution
        exit_code = _exit_assertion(execution, self.expect.exit_code)
        if not exit_code.holds:
            return _Found(self._wrong_exit(execution, exit_code), (exit_code,))
        if finished.truncated:
            size = f"{CAPTURE_LIMIT // 2**20} MiB"
            reason = f"stdout or stderr is larger than {size}, so nothing can be said of its whole"
            verdict = errored(reason, "let the command print less, or into a file")
            return _Found(verdict, (exit_code,))
        assertions = (exit_code, *self._texts(finished, context))
        verdict = judge(assertions)
        if verdict is not PASSED or not self.outputs:
            return _Found(verdict, assertions)
        stdout = finished.stdout.decode(errors="replace")
        values, verdict = collect(self.outputs, stdout, context.redact)
        return _Found(verdict, assertions, values)

    def _wrong_exit(self, execution: Execution, exit_code: Assertion) -> Verdict:
        code = execution.exit_code
        if code is None:
            return failed(f"ended by {execution.signal or 'a signal'}", _signal_hint(execution))
        if self.shell and code in _CANNOT_RUN:
            reason = f"{why(exit_code)}: a command {_CANNOT_RUN[code]}"
            return errored(reason, "the log's last lines name it; is it installed, and on PATH?")
        return failed(why(exit_code), _exit_hint(code) if self.shell else "")

    def _texts(self, finished: Finished, context: Context) -> Iterator[Assertion]:
        for name, expected, found in (
            ("stdout", self.expect.stdout, finished.stdout),
            ("stderr", self.expect.stderr, finished.stderr),
        ):
            if expected is not None:
                yield from expected.hold(name, found.decode(errors="replace"), context.redact)


def _exit_assertion(execution: Execution, expected: tuple[int, ...]) -> Assertion:
    code = execution.exit_code
    actual = str(code) if code is not None else execution.signal or "a signal"
    return Assertion("exit code", " or ".join(map(str, expected)), actual, code in expected)


def _signal_hint(execution: Execution) -> str:
    if execution.signal == "SIGKILL":
        return "the system ends processes so when memory runs out"
    return ""


def _exit_hint(code: int) -> str:
    try:
        name = signal.Signals(code - _BY_SIGNAL).name
    except ValueError:
        return ""
    return f"{code} is {_BY_SIGNAL} + {code - _BY_SIGNAL}: {name} ended a process of the script"


def _build(parameters: CommandParameters, expectation: CommandExpectation) -> CommandAction:
    run = parameters.run
    shell = isinstance(run, str)
    return CommandAction(
        argv=(*SHELL, run) if isinstance(run, str) else run,
        shell=shell,
        save_stdout=parameters.save_stdout,
        outputs=parameters.outputs,
        expect=expectation,
    )


def _expectation(
    exit_code: int | tuple[int, ...] = 0,
    stdout: TextExpectation | None = None,
    stderr: TextExpectation | None = None,
) -> CommandExpectation:
    codes = (exit_code,) if isinstance(exit_code, int) else exit_code
    return CommandExpectation(codes, stdout, stderr)


_CODE = Integer(0, 255)
_FILE_NAME = Text(
    pattern=r"[A-Za-z0-9_][A-Za-z0-9._-]{0,99}",
    expected="a file name without folders, of letters, digits, '.', '_' and '-'",
)
_RUN: Either[str | tuple[str, ...]] = Either(
    {"str": ShellText(), "seq": ListOf(Scalar(), least=1)},
    "a shell script, or a list: program and arguments",
)

COMMAND = Kind(
    name="command",
    summary="Run a program or a shell script.",
    parameters=Record(
        CommandParameters,
        (
            Field("run", _RUN, "a shell script (bash -euo pipefail), or an argv", required=True),
            Field("save_stdout", _FILE_NAME, "keep stdout as evidence under this file name"),
            Field("outputs", OUTPUTS, "values of stdout for later steps"),
        ),
    ),
    expectation=Record(
        _expectation,
        (
            Field(
                "exit_code",
                Either(
                    {"int": _CODE, "seq": ListOf(_CODE, least=1)}, "an exit code, or a list of such"
                ),
                "the exit code, or several that are right (default: 0)",
            ),
            Field("stdout", ANY_TEXT, "what is expected of the standard output"),
            Field("stderr", ANY_TEXT, "what is expected of the standard error"),
        ),
        least=1,
    ),
    build=_build,
    default_expectation=CommandExpectation,
)
"""The kind that ``run`` is short for."""
