"""Write 100,000 JUnit cases: junit_files.py runner|junitparser|junit-xml COUNT FILE.

The last line printed is the time in seconds, from the cases as values to the closed file;
imports and the making of the cases are left out.
"""

# The libraries are in the bench's environment alone.
# mypy: disable-error-code="import-not-found, import-untyped, unused-ignore"

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from runner.model import Attempt, Case, Outcome, Result, Run, StepReport, StepResult, Subject

TIME = "2026-01-01T00:00:00+00:00"
TEXT = "Traceback (most recent call last):\n" + '  File "a.py", line 1, in <b>\n' * 10


def cases(count: int) -> list[Case]:
    """Make cases: of 20, 18 pass, one fails with a trace, and one is skipped."""
    made = []
    for number in range(count):
        name, classname = f"test_case[{number}]", f"tests.test_{number // 100}"
        if number % 20 == 0:
            made.append(Case(classname, name, Outcome.FAILED, 0.012, "assert 1 == 2", TEXT))
        elif number % 20 == 1:
            made.append(Case(classname, name, Outcome.SKIPPED, 0.0, "no service"))
        else:
            made.append(Case(classname, name, Outcome.PASSED, 0.012))
    return made


def _runner(made: Sequence[Case]) -> Callable[[Path], None]:
    from runner.reporters.junit import write

    report = StepReport(Outcome.FAILED, "tests failed", cases=tuple(made))
    step = StepResult("pytest", "pytest", report, TIME, 1200.0)
    attempt = Attempt(1, Outcome.FAILED, "tests failed", "", TIME, 1200.0, (step,), None)
    result = Result(
        "suite", "Suite", Outcome.FAILED, "tests failed", attempts=(attempt,), started=TIME
    )
    subject = Subject("bench", "1.0.0", "config/bench_release.yaml", "", "", "", dirty=False)
    run = Run("1", "verification", subject, Outcome.FAILED, 1, TIME, 1200.0, (result,))
    return lambda target: write(run, target)


def _junitparser(made: Sequence[Case]) -> Callable[[Path], None]:
    import junitparser
    from lxml import etree  # noqa: F401 - proves that lxml is there

    def write(target: Path) -> None:
        entries = []
        for case in made:
            entry = junitparser.TestCase(case.name, case.classname, case.duration)
            if case.outcome is Outcome.FAILED:
                failure = junitparser.Failure(case.message)
                failure.text = case.text
                entry.result = [failure]
            elif case.outcome is Outcome.SKIPPED:
                entry.result = [junitparser.Skipped(case.message)]
            entries.append(entry)
        suite = junitparser.TestSuite("Suite")
        # Not one by one: each call counts all cases again.
        suite.add_testcases(entries)
        document = junitparser.JUnitXml()
        document.add_testsuite(suite)
        document.write(str(target))

    return write


def _junit_xml(made: Sequence[Case]) -> Callable[[Path], None]:
    import junit_xml

    def write(target: Path) -> None:
        entries = []
        for case in made:
            entry = junit_xml.TestCase(case.name, case.classname, case.duration)
            if case.outcome is Outcome.FAILED:
                entry.add_failure_info(case.message, case.text)
            elif case.outcome is Outcome.SKIPPED:
                entry.add_skipped_info(case.message)
            entries.append(entry)
        with target.open("w", encoding="utf-8") as stream:
            junit_xml.to_xml_report_file(
                stream, [junit_xml.TestSuite("Suite", entries)], prettyprint=False
            )

    return write


WRITERS = {"runner": _runner, "junitparser": _junitparser, "junit-xml": _junit_xml}


def main() -> None:
    """Write and time."""
    writer, count, target = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    write = WRITERS[writer](cases(count))
    start = time.perf_counter()
    write(target)
    sys.stdout.write(f"{time.perf_counter() - start}\n")


if __name__ == "__main__":
    main()
