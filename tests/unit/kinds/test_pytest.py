"""``pytest`` against real test runs, honest and dishonest ones."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from unit.kinds.fakes import FakeContext, ProcessContext, action_of, execution, problems_of

from runner.kinds.base import Command, Finished
from runner.kinds.pytest import PYTEST, PytestAction
from runner.model import Outcome, StepReport

GOOD = "def test_one(): pass\ndef test_two(): pass\n"
BAD = "def test_bad(): assert 'here' == 'there'\n"


QUIET = {"PYTEST_ADDOPTS": "", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "COVERAGE_PROCESS_START": ""}


def run(tmp_path: Path, *args: str, min_tests: int = 1, **files: str) -> StepReport:
    for name, content in files.items():
        (tmp_path / f"{name}.py").write_text(content, encoding="utf-8")
    (tmp_path / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    context = ProcessContext(tmp_path, env=QUIET)
    return PytestAction(args or (".",), sys.executable, min_tests).run(context)


def verdict(report: StepReport) -> tuple[str, str]:
    return report.outcome.value, report.reason


def test_all_pass(tmp_path: Path) -> None:
    report = run(tmp_path, test_a=GOOD)
    assert verdict(report) == ("passed", "")
    assert [(case.classname, case.name) for case in report.cases] == [
        ("test_a", "test_one"),
        ("test_a", "test_two"),
    ]
    assert [one.path for one in report.artifacts] == ["pytest.xml"]
    assert all(one.holds for one in report.assertions)
    assert len(report.executions) == 1


def test_one_fails(tmp_path: Path) -> None:
    report = run(tmp_path, test_a=GOOD + BAD)
    assert verdict(report) == ("failed", "1 of 3 tests failed: test_bad")
    (case,) = [case for case in report.cases if case.outcome is Outcome.FAILED]
    assert "here" in case.message
    assert "def test_bad" in case.text
    assert [one.holds for one in report.assertions] == [False, False, True, True]


def test_errors_of_fixtures_are_errors(tmp_path: Path) -> None:
    fixture = (
        "import pytest\n@pytest.fixture\ndef broken():\n    yield\n    raise ValueError('x')\n"
        "def test_late(broken): pass\n@pytest.fixture\ndef early(): raise ValueError('y')\n"
        "def test_early(early): pass\n"
    )
    report = run(tmp_path, test_a=fixture)
    outcome, reason = verdict(report)
    assert outcome == "errored"
    assert reason == "2 of 2 tests could not be decided: test_late, test_early"
    both = run(tmp_path, test_a=fixture + BAD)
    assert verdict(both) == ("failed", "1 of 3 tests failed: test_bad")


def test_a_test_that_fails_and_errs_is_listed_twice(tmp_path: Path) -> None:
    code = "import pytest\n@pytest.fixture\ndef late():\n    yield\n    raise ValueError('x')\n"
    report = run(tmp_path, test_a=f"{code}def test_both(late): assert 0\n")
    assert verdict(report) == ("failed", "1 of 2 tests failed: test_both")
    assert [case.outcome.value for case in report.cases] == ["failed", "errored"]


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        (("test_a.py", "-k", "nope"), "nothing ran: pytest collected no test"),
        (("-m", "nope"), "nothing ran: pytest collected no test"),
        (("absent.py",), "pytest was called wrongly (exit code 4)"),
        (("--no-such-option",), "pytest was called wrongly (exit code 4)"),
        (("--collect-only",), "nothing ran: pytest collected no test"),
        (("--setup-plan",), "the report lists 2 tests but counts 0 as run"),
        (("--version",), "pytest exited with 0, but no report was written"),
        (("-p", "no:junitxml"), "pytest was called wrongly (exit code 4)"),
        (("--deselect", "test_a.py"), "nothing ran: pytest collected no test"),
    ],
)
def test_nothing_ran(tmp_path: Path, args: tuple[str, ...], reason: str) -> None:
    report = run(tmp_path, *args, test_a=GOOD)
    assert verdict(report) == ("errored", reason)
    assert report.hint


def test_an_empty_folder(tmp_path: Path) -> None:
    assert verdict(run(tmp_path))[1] == "nothing ran: pytest collected no test"


def test_only_skipped(tmp_path: Path) -> None:
    report = run(
        tmp_path,
        test_a="import pytest\n@pytest.mark.skip(reason='later')\ndef test_s(): pass\n"
        "@pytest.mark.xfail\ndef test_x(): assert 0\n",
    )
    assert verdict(report) == ("errored", "nothing ran: 2 tests found, all skipped")
    assert report.cases[0].message == "later"


def test_too_few(tmp_path: Path) -> None:
    report = run(tmp_path, min_tests=20, test_a=GOOD)
    assert verdict(report) == ("errored", "2 tests ran, at least 20 expected")


def test_a_file_that_cannot_be_imported(tmp_path: Path) -> None:
    report = run(tmp_path, test_a=GOOD, test_b="import nope_nope\n")
    assert verdict(report) == ("errored", "pytest could not collect test_b")
    report = run(tmp_path, ".", "--continue-on-collection-errors")
    assert verdict(report) == ("errored", "1 of 3 tests could not be decided: test_b")


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("import os\ndef test_x(): os._exit(0)\n", "pytest exited with 0, but no report"),
        ("import os\ndef test_x(): os._exit(1)\n", "pytest exited with 1, but no report"),
        ("import os\ndef test_x(): os._exit(9)\n", "pytest ended with none of its exit codes"),
        ("import pytest\ndef test_x(): pytest.exit('x')\n", "pytest was interrupted"),
    ],
)
def test_a_test_that_ends_the_process(tmp_path: Path, code: str, reason: str) -> None:
    report = run(tmp_path, test_a=GOOD, test_b=code)
    assert report.outcome is Outcome.ERRORED
    assert report.reason.startswith(reason)


def test_sys_exit_in_a_test_fails_it(tmp_path: Path) -> None:
    report = run(tmp_path, test_a="import sys\ndef test_x(): sys.exit(0)\n")
    assert verdict(report) == ("failed", "1 of 1 test failed: test_x")


CUT = """
import os, pytest
@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config):
    path = config.option.xmlpath
    with open(path, "rb") as file:
        content = file.read()
    with open(path, "wb") as file:
        file.write({content})
    os._exit(0)
"""


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("content[:-20]", "pytest exited with 0, but the report is cut short or not XML"),
        ("b''", "pytest exited with 0, but the report is cut short or not XML"),
        ("b'<testsuites/>'", "nothing ran: pytest collected no test"),
        (
            "content.replace(b'<failure', b'<f').replace(b'</failure', b'</f')",
            "the report counts 1",
        ),
        ("b'<!DOCTYPE a><testsuites/>'", "pytest exited with 0, but the report has a document"),
    ],
)
def test_a_forged_report(tmp_path: Path, content: str, reason: str) -> None:
    report = run(tmp_path, conftest=CUT.replace("{content}", content), test_a=GOOD + BAD)
    assert report.outcome is Outcome.ERRORED
    assert report.reason.startswith(reason)


def test_an_exit_code_that_hides_failures(tmp_path: Path) -> None:
    report = run(tmp_path, conftest=CUT.replace("{content}", "content"), test_a=GOOD + BAD)
    assert verdict(report) == ("failed", "1 of 3 tests failed: test_bad")


def test_an_exit_code_that_no_test_explains(tmp_path: Path) -> None:
    hook = "def pytest_sessionfinish(session): session.exitstatus = 1\n"
    report = run(tmp_path, conftest=hook, test_a=GOOD)
    assert verdict(report) == ("errored", "pytest exited with 1 although no test failed")


def test_an_earlier_report_is_not_this_one(tmp_path: Path) -> None:
    assert run(tmp_path, test_a=GOOD).outcome is Outcome.PASSED
    report = run(tmp_path, test_a="import os\nos._exit(0)\n")
    assert verdict(report) == ("errored", "pytest exited with 0, but no report was written")


def test_an_internal_error(tmp_path: Path) -> None:
    hook = "def pytest_collection_modifyitems(): raise ValueError('x')\n"
    report = run(tmp_path, conftest=hook, test_a=GOOD)
    assert verdict(report) == ("errored", "pytest had an internal error (exit code 3)")


def test_strange_but_honest_reports(tmp_path: Path) -> None:
    strange = """
import pytest
@pytest.mark.parametrize("value", ["é\\x1b[31m\\n", "\\ud800", "\\x00"])
def test_ids(value): assert value == ""
@pytest.mark.xfail(strict=True)
def test_strict(): pass
@pytest.mark.xfail(strict=False)
def test_lenient(): pass
def test_sub(subtests):
    for i in range(3):
        with subtests.test(i=i):
            assert i != 1
"""
    report = run(tmp_path, test_a=strange)
    assert report.reason.startswith("5 of 6 tests failed: test_ids")
    assert report.reason.isprintable()
    outcomes = {case.name: case.outcome.value for case in report.cases}
    assert outcomes["test_strict"] == "failed"
    assert outcomes["test_lenient"] == "passed"
    assert outcomes["test_sub"] == "failed"


def test_a_python_without_pytest(tmp_path: Path) -> None:
    context = ProcessContext(tmp_path)
    python = sys._base_executable  # type: ignore[attr-defined]
    (tmp_path / "bare").write_text(f'#!/bin/sh\nexec {python} -S -E "$@"\n', encoding="utf-8")
    (tmp_path / "bare").chmod(0o755)
    report = PytestAction((".",), str(tmp_path / "bare"), 1).run(context)
    assert verdict(report) == ("errored", "pytest exited with 1, but no report was written")
    assert "is pytest installed" in report.hint
    absent = PytestAction((".",), str(tmp_path / "absent"), 1).run(context)
    assert absent.outcome is Outcome.ERRORED
    assert absent.hint == "install it"


class _Writes(FakeContext):
    """Writes a report where one is asked for."""

    def run(self, command: Command) -> Finished:
        path = next(word for word in command.argv if word.startswith("--junitxml="))[11:]
        case = '<testcase name="a"/><testcase name="a"/>'
        text = f'<testsuite tests="2" failures="0" errors="0">{case}</testsuite>'
        Path(path).write_text(text, encoding="utf-8")
        return super().run(command)


def test_duplicates_are_kept(tmp_path: Path) -> None:
    report = PytestAction((".",), "python", 2).run(_Writes(tmp_path))
    assert report.outcome is Outcome.PASSED
    assert [case.name for case in report.cases] == ["a", "a"]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"stopped": "timeout", "exit_code": None}, "timed out after 60s"),
        ({"stopped": "interrupted", "exit_code": 2}, "interrupted by SIGTERM"),
        ({"signal": "SIGSEGV", "exit_code": None}, "pytest was ended by SIGSEGV"),
        ({"exit_code": 5}, "nothing ran: pytest collected no test"),
        ({"exit_code": 77}, "pytest ended with none of its exit codes (exit code 77)"),
    ],
)
def test_a_good_report_does_not_save_a_bad_end(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    context = _Writes(tmp_path, Finished(execution(**changes)), stopping="SIGTERM")
    assert verdict(PytestAction((".",), "python", 1).run(context)) == ("errored", reason)


def test_words_are_all_that_is_expected() -> None:
    assert not problems_of(PYTEST, expectation="{}")
    assert PYTEST.expectation.schema()["additionalProperties"] is False


def test_from_yaml(tmp_path: Path) -> None:
    context = FakeContext(tmp_path)
    action = action_of(PYTEST, "{args: [tests, -n, 4], python: python3, min_tests: 2}")
    action.run(context)
    argv = context.commands[0].argv
    assert (*argv[:3], *argv[4:]) == (
        *("python3", "-m", "pytest", "-o", "junit_family=xunit2", "tests", "-n", "4"),
    )
    assert not context.commands[0].split
    (line,) = action.describe()
    assert line.startswith("python3 -m pytest --junitxml=SCRATCH/report.xml -o junit_family=xunit2")


@pytest.mark.parametrize(
    ("parameters", "expectation", "part"),
    [
        ("{}", "", "missing key"),
        ("{args: []}", "", "at least 1"),
        ("{args: [a], min_tests: 0}", "", "from 1"),
        ("{args: [--junitxml=x]}", "", "leaves the report"),
        ("{args: [--junit-xml, x]}", "", "leaves the report"),
        ("{args: [--lf]}", "", "must not depend on an earlier run"),
        ("{args: [--stepwise]}", "", "leaves the report"),
        ("{args: [--collect-only]}", "", "leaves the report"),
        ("", "{tests: 3}", "'min_tests' stands under 'with'"),
    ],
)
def test_wrong_yaml_is_refused(parameters: str, expectation: str, part: str) -> None:
    assert part in "\n".join(problems_of(PYTEST, parameters, expectation))


@pytest.mark.parametrize("args", ["[--lfx]", "[--color=no]", "[3]", "['${{ inputs.path }}']"])
def test_other_arguments_are_fine(args: str) -> None:
    assert not problems_of(PYTEST, f"{{args: {args}}}")
