"""What is worth a note at a line of code, the most important first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Final

from runner.model import Attempt, Case, Place, Result, Run
from runner.reporters.ci.base import Level, Note
from runner.reporters.reading import UNHAPPY, last, results_at
from runner.reporters.text import one_line

# The lines by which pytest names a place in a trace: "tests/test_x.py:12: AssertionError".
_TRACE: Final = re.compile(r"^(?P<file>[^\s:][^:\n]{0,500}\.py):(?P<line>\d{1,7}): ", re.MULTILINE)


def notes_of(run: Run, places: Mapping[str, Place]) -> tuple[Note, ...]:
    """Give the notes of a run; ``places`` has the line of each package that a file names.

    What failed comes before what may fail, rows of the playbook before the tests and
    vulnerabilities inside them, and all that in the order of the playbook.
    """
    return (*_services(run), *_rows(run), *_inside(run, places), *_remarks(run))


def _services(run: Run) -> Iterator[Note]:
    for report in run.services:
        if report.outcome in UNHAPPY:
            yield Note("error", f"service {report.name}", _told(report.reason, report.hint))


def _rows(run: Run) -> Iterator[Note]:
    for counts in (True, False):
        for result in _unhappy(run, counts=counts):
            title = f"{result.area or result.check}: {result.outcome}"
            yield Note(_level(result), title, _told(result.reason, result.hint), result.place)
    for result in results_at(run, run.tally.flaky):
        text = f"passed only at attempt {len(result.attempts)}"
        yield Note("warning", f"{result.area or result.check}: flaky", text, result.place)


def _unhappy(run: Run, *, counts: bool) -> Iterator[Result]:
    found = results_at(run, run.tally.unhappy)
    return (one for one in found if one.counts == counts)


def _level(result: Result) -> Level:
    return "error" if result.counts else "warning"


def _told(reason: str, hint: str) -> str:
    return "\n".join(filter(None, (reason or "no reason was given", hint and f"hint: {hint}")))


def _inside(run: Run, places: Mapping[str, Place]) -> Iterator[Note]:
    for counts in (True, False):
        for result in _unhappy(run, counts=counts):
            if attempt := last(result):
                yield from _cases(result, attempt, places)


def _cases(result: Result, attempt: Attempt, places: Mapping[str, Place]) -> Iterator[Note]:
    for step in attempt.steps:
        folder = next((one.cwd for one in step.report.executions), "")
        for case in step.report.cases:
            if case.outcome in UNHAPPY:
                place = places.get(case.classname) or line_of_test(case, folder) or result.place
                message = one_line(case.message.partition("\n")[0]) or case.outcome.value
                yield Note(_level(result), f"{case.classname} {case.name}".strip(), message, place)


def line_of_test(case: Case, folder: str) -> Place | None:
    """Find the line of a Python test in its trace: the last one in the file of its class name."""
    found = [(one["file"], int(one["line"])) for one in _TRACE.finditer(case.text)]
    mine = [(file, line) for file, line in found if _module(file, case.classname)]
    for file, line in reversed(mine):
        return Place(str(Path(folder, file)), line, 1)
    return None


def _module(file: str, classname: str) -> bool:
    """Say whether a file is the module of ``tests.test_x.TestClass``."""
    words = PurePosixPath(file).with_suffix("").parts
    known = classname.split(".")
    ends = (known[:size] for size in range(1, len(known) + 1))
    return any(tuple(end) == words[-len(end) :] for end in ends)


def _remarks(run: Run) -> Iterator[Note]:
    place = Place(run.subject.playbook, 1, 1)
    if run.interrupted:
        yield Note("error", "interrupted", f"the run was ended by {run.interrupted}", place)
    if not run.results:
        yield Note("error", "nothing ran", "no check was run", place)
    for warning in run.warnings:
        yield Note("warning", "warning", warning, place)
