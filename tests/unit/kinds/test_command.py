"""``command``: what it asks of the engine, and what it makes of the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from unit.kinds.fakes import FakeContext, ProcessContext, action_of, execution, problems_of

from runner.kinds.base import Finished
from runner.kinds.command import COMMAND
from runner.model import Outcome, StepReport


def report_of(  # noqa: PLR0913 - each by name
    tmp_path: Path,
    finished: Finished,
    parameters: str = "{run: [x]}",
    expectation: str = "",
    *,
    stopping: str = "",
    secrets: tuple[str, ...] = (),
    remaining: float = 60.0,
) -> StepReport:
    context = FakeContext(
        tmp_path, finished, stopping=stopping, secrets=secrets, remaining=remaining
    )
    return action_of(COMMAND, parameters, expectation).run(context)


def test_a_list_is_run_without_a_shell(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    action = action_of(COMMAND, "{run: [echo, 'a b', 3.10, true]}")
    assert action.run(context).outcome is Outcome.PASSED
    assert context.commands[0].argv == ("echo", "a b", "3.10", "true")
    assert not context.commands[0].split
    assert action.describe() == ("echo 'a b' 3.10 true",)


def test_a_text_is_run_by_the_shell_and_described_on_one_line(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    action = action_of(COMMAND, "{run: \"echo 'a'\\n\\texit 1\\e\\u2028\"}")
    action.run(context)
    assert context.commands[0].argv == (
        *("bash", "-euo", "pipefail", "-c"),
        "echo 'a'\n\texit 1\x1b\u2028",
    )
    (line,) = action.describe()
    assert line == r"bash -euo pipefail -c $'echo \'a\'\n\texit 1\x1b\u2028'"


def test_a_described_script_is_read_back_by_the_shell(tmp_path: Path) -> None:
    context = ProcessContext(tmp_path)
    script = action_of(COMMAND, '{run: "printf %s \\"a\\\\\\\\b\\tc\'d\\n\\x01\\""}')
    again = action_of(COMMAND, f"{{run: [bash, -c, {json.dumps(script.describe()[0])}]}}")
    assert script.run(context).outcome is Outcome.PASSED
    assert again.run(context).outcome is Outcome.PASSED
    assert context.logged[0] == context.logged[1] != ""


@pytest.mark.parametrize(
    ("changes", "outcome", "reason"),
    [
        ({"exit_code": 1}, Outcome.FAILED, "exit code 1, expected 0"),
        ({"exit_code": 127}, Outcome.FAILED, "exit code 127, expected 0"),
        ({"exit_code": None, "signal": "SIGKILL"}, Outcome.FAILED, "ended by SIGKILL"),
        ({"exit_code": None, "signal": "SIGSEGV"}, Outcome.FAILED, "ended by SIGSEGV"),
        ({"exit_code": None, "error": "x was not found"}, Outcome.ERRORED, "x was not found"),
        ({"exit_code": None, "stopped": "timeout"}, Outcome.ERRORED, "timed out after 2s"),
        ({"exit_code": 0, "stopped": "timeout"}, Outcome.ERRORED, "timed out after 2s"),
        ({"exit_code": 1, "stopped": "interrupted"}, Outcome.ERRORED, "interrupted by SIGINT"),
    ],
)
def test_how_a_process_ends(
    tmp_path: Path, changes: dict[str, object], outcome: Outcome, reason: str
) -> None:
    ended = Finished(execution(**changes))
    report = report_of(tmp_path, ended, stopping="SIGINT", remaining=1.9998)
    assert (report.outcome, report.reason) == (outcome, reason)
    assert report.executions == (ended.execution,)


def test_hints(tmp_path: Path) -> None:
    killed = report_of(tmp_path, Finished(execution(exit_code=None, signal="SIGKILL")))
    assert "memory" in killed.hint
    missing = report_of(tmp_path, Finished(execution(exit_code=None, error="no", hint="mend")))
    assert missing.hint == "mend"
    shell = report_of(tmp_path, Finished(execution(exit_code=137)), "{run: x}")
    assert shell.hint == "137 is 128 + 9: SIGKILL ended a process of the script"
    assert report_of(tmp_path, Finished(execution(exit_code=1)), "{run: x}").hint == ""


@pytest.mark.parametrize("code", [126, 127])
def test_a_command_that_the_shell_cannot_run_is_an_error(tmp_path: Path, code: int) -> None:
    ended = Finished(execution(exit_code=code))
    report = report_of(tmp_path, ended, "{run: nope}")
    assert report.outcome is Outcome.ERRORED
    assert report.reason.startswith(f"exit code {code}, expected 0: a command ")
    expected = report_of(tmp_path, ended, "{run: nope}", f"{{exit_code: {code}}}")
    assert expected.outcome is Outcome.PASSED


def test_several_exit_codes_may_be_right(tmp_path: Path) -> None:
    ended = Finished(execution(exit_code=64))
    assert report_of(tmp_path, ended, expectation="{exit_code: [0, 64]}").outcome is Outcome.PASSED
    report = report_of(tmp_path, Finished(execution()), expectation="{exit_code: [1, 64]}")
    assert report.reason == "exit code 0, expected 1 or 64"
    assert not report.assertions[0].holds


def test_output_is_held_against_the_expectation(tmp_path: Path) -> None:
    context = FakeContext(tmp_path, Finished(execution(), b'{"v": "3.6.0"}\n', b"warn\xff\n"))
    expect = "{stdout: {json: {$.v: 3.6.0}}, stderr: {contains: warn}}"
    report = action_of(COMMAND, "{run: [x]}", expect).run(context)
    assert report.outcome is Outcome.PASSED
    assert context.commands[0].split
    assert [one.what for one in report.assertions] == ["exit code", "stdout $.v", "stderr"]
    wrong = report_of(tmp_path, context.finished, expectation="{stderr: {equals: ''}}")
    assert wrong.reason == "stderr: 'warn\ufffd\\n', expected to equal ''"


def test_a_truncated_capture_is_an_error_unless_the_exit_has_said_no(tmp_path: Path) -> None:
    cut = Finished(execution(), b"x", truncated=True)
    report = report_of(tmp_path, cut, expectation="{stdout: {contains: x}}")
    assert report.outcome is Outcome.ERRORED
    assert report.reason.startswith("stdout or stderr is larger than 8 MiB")
    assert report.hint
    worse = Finished(execution(exit_code=1), b"x", truncated=True)
    assert report_of(tmp_path, worse, "{run: [x], save_stdout: a}").outcome is Outcome.FAILED


def test_stdout_is_kept(tmp_path: Path) -> None:
    context = FakeContext(tmp_path, Finished(execution(exit_code=1), b"data"))
    report = action_of(COMMAND, "{run: [x], save_stdout: out.json}").run(context)
    assert context.saved == {"out.json": b"data"}
    assert [one.path for one in report.artifacts] == ["out.json"]
    absent = FakeContext(tmp_path, Finished(execution(exit_code=None, error="no such file")))
    assert not action_of(COMMAND, "{run: [x], save_stdout: a}").run(absent).artifacts


OUTPUTS = """
run: [x]
outputs:
  all: stdout
  name: {json: $.n}
  list: {json: $.l}
  digits: {matches: '"(\\d+)"'}
"""


def test_outputs_are_taken_from_stdout(tmp_path: Path) -> None:
    stdout = '{"n": "é", "l": [1, null], "d": "42"}'
    report = report_of(tmp_path, Finished(execution(), f" {stdout}\n".encode()), OUTPUTS)
    assert report.outputs == {"all": stdout, "name": "é", "list": "[1, null]", "digits": "42"}


@pytest.mark.parametrize(
    ("stdout", "output", "reason"),
    [
        (b"x", "{json: $.n}", "output a: not JSON"),
        (b"{}", "{json: $.n}", "output a: nothing there: '{}', expected one value at $.n"),
        (b"[1, 2]", "{json: '$[*]'}", "output a: 2 values: '[1, 2]', expected one value at $[*]"),
        (b"x", "{matches: 'a(b)'}", "output a: nothing there: 'x', expected a match of /a(b)/"),
        (b"a", "{matches: 'a(b)?'}", "output a: nothing there"),
    ],
)
def test_an_output_that_is_not_there_fails(
    tmp_path: Path, stdout: bytes, output: str, reason: str
) -> None:
    parameters = f"{{run: [x], outputs: {{a: {output}}}}}"
    report = report_of(tmp_path, Finished(execution(), stdout), parameters)
    assert report.outcome is Outcome.FAILED
    assert report.reason.startswith(reason)
    assert not report.outputs


def test_no_output_after_a_failure(tmp_path: Path) -> None:
    finished = Finished(execution(), b"x")
    parameters = "{run: [x], outputs: {a: stdout}}"
    report = report_of(tmp_path, finished, parameters, "{stdout: {contains: y}}")
    assert (report.outcome, report.outputs) == (Outcome.FAILED, {})


def test_a_secret_is_no_output(tmp_path: Path) -> None:
    finished = Finished(execution(), b"hunter22")
    parameters = "{run: [x], outputs: {a: stdout}}"
    report = report_of(tmp_path, finished, parameters, secrets=("hunter22",))
    assert (report.outcome, report.outputs) == (Outcome.ERRORED, {})
    assert "hunter22" not in repr(report)


@pytest.mark.parametrize(
    ("parameters", "expectation", "part"),
    [
        ("{}", "", "missing key"),
        ("{run: []}", "", "a list of at least 1"),
        ("{run: ''}", "", "found an empty text"),
        ("{run: 3}", "", "a shell script, or a list"),
        ("{run: 'echo ${{ steps.a.outputs.b }}'}", "", "STEP_A_B"),
        ("{run: [x], save_stdout: ../x}", "", "a file name without folders"),
        ("{run: [x], save_stdout: .x}", "", "a file name without folders"),
        ("{run: [x], outputs: {}}", "", "at least 1"),
        ("{run: [x], outputs: {a: stderr}}", "", "'stdout'"),
        ("{run: [x], outputs: {a: {}}}", "", "needs one of json, matches"),
        ("{run: [x], outputs: {a: {json: $, matches: (a)}}}", "", "only one of json, matches"),
        ("{run: [x], outputs: {a: {matches: a}}}", "", "with one group, not 0"),
        ("{run: [x], outputs: {a: {json: '$['}}}", "", "RFC 9535"),
        ("{run: [x], outputs: {a b: stdout}}", "", "a name of letters"),
        ("", "{}", "at least one of exit_code"),
        ("", "{exit_code: []}", "at least 1"),
        ("", "{exit_code: 256}", "from 0 to 255"),
        ("", "{stdout: {}}", "at least one of contains"),
        ("", "{stdot: {contains: a}}", "did you mean 'stdout'?"),
    ],
)
def test_wrong_yaml_is_refused(parameters: str, expectation: str, part: str) -> None:
    assert part in "\n".join(problems_of(COMMAND, parameters, expectation))
