"""The checks in a summary: a table of all, and the story of what did not pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.model import Assertion, Attempt, Case, Result, Run, ServiceReport
from runner.reporters.markdown.folding import Form, Section
from runner.reporters.markdown.headline import MARKS
from runner.reporters.markdown.text import NOTHING, block, cell, code, plain, table
from runner.reporters.markdown.weights import Weight
from runner.reporters.reading import UNHAPPY, broken, cases, last, notes, rerun_of, results_at
from runner.reporters.text import count, duration, last_lines
from runner.reporters.width import shorten

_LONGEST = 500
"""Cells of a reason, or of what was expected and found."""
_TAIL = 60
_SHORT_TAIL = 12
_CASES = 20
_CASE = 300
_MOST_ROWS = 2000
"""Checks above which those that passed are counted, and rows of others: nobody reads more."""
_MOST_STORIES = 500
"""Failures that are told in full."""
_MOST_NAMED = 5000
"""Failures that are named: more lines than the step summary of GitHub has room for in practice."""


def checks(run: Run) -> Section:
    """Give the table of checks."""
    if not run.results:
        return Section((Form(""),))
    short = Form("\n\n".join(_some(run)), Weight.ROWS)
    if len(run.results) > _MOST_ROWS:
        return Section((short, Form("")))
    return Section((Form(_rows(run.results), Weight.PASSED), short, Form("")))


def _some(run: Run) -> Iterator[str]:
    """Give the rows of what did not pass, and count the rest."""
    places = run.tally.not_passed
    if places:
        yield _rows(results_at(run, places[:_MOST_ROWS]))
    if len(places) > _MOST_ROWS:
        yield f"{count(len(places) - _MOST_ROWS, 'more check')} did not pass."
    if left := len(run.results) - len(places):
        yield f"{count(left, 'other check')} passed."


def _rows(results: Iterable[Result]) -> str:
    rows = (
        (
            f"{MARKS[one.outcome]} {one.outcome.value}",
            plain(shorten(one.area or one.check, _CASE)),
            duration(one.duration) if one.attempts else NOTHING,
            plain(shorten(", ".join(notes(one)), _CASE)),
        )
        for one in results
    )
    return "\n".join(table(("Outcome", "Check", "Time", "Notes"), rows))


def failures(run: Run) -> Iterator[Section]:
    """Tell of each service and each check that was not as expected."""
    for report in run.services:
        if report.outcome in UNHAPPY:
            yield _service(report)
    places = run.tally.unhappy
    for number, result in enumerate(results_at(run, places[:_MOST_NAMED])):
        yield _failure(run, result, brief=number >= _MOST_STORIES)
    if len(places) > _MOST_NAMED:
        more = count(len(places) - _MOST_NAMED, "more check")
        yield Section((Form(f"{more} did not pass: `junit.xml` tells of each."),))


def _failure(run: Run, result: Result, *, brief: bool) -> Section:
    title = f"{MARKS[result.outcome]} {plain(shorten(result.area or result.check, _CASE))}"
    allowed = "" if result.counts else " (allowed)"
    if brief:
        return Section((_short(f"{title}{allowed}", result.reason), Form("")))
    attempt = last(result)
    detail = _detail(run, result, attempt)
    return _story(f"{title}{allowed}", result.reason, detail, attempt.tail if attempt else "")


def _service(report: ServiceReport) -> Section:
    detail = [f"Hint: {plain(report.hint)}"] if report.hint else []
    if report.log:
        detail.append(f"Log: {code(report.log.path)}")
    title = f"{MARKS[report.outcome]} Service {plain(shorten(report.name, _CASE))}"
    return _story(title, report.reason, detail, report.tail)


def _story(title: str, reason: str, detail: list[str], tail: str) -> Section:
    told = "\n\n".join((f"### {title}\n\n{_why(reason)}", *detail))
    lines = last_lines(tail, _TAIL)
    forms = [Form(told, Weight.DETAIL), _short(title, reason), Form("")]
    if lines:
        forms.insert(0, Form(f"{told}\n\n{_lines(lines[-_SHORT_TAIL:])}", Weight.TAIL))
    if len(lines) > _SHORT_TAIL:
        forms.insert(0, Form(f"{told}\n\n{_lines(lines)}", Weight.LONG_TAIL))
    return Section(tuple(forms))


def _short(title: str, reason: str) -> Form:
    return Form(f"- {title}: {_why(reason)}", Weight.REASON)


def _why(reason: str) -> str:
    return plain(shorten(reason, _LONGEST)) or "no reason was given"


def _lines(lines: list[str]) -> str:
    return block("\n".join(shorten(one, _LONGEST) for one in lines))


def _detail(run: Run, result: Result, attempt: Attempt | None) -> list[str]:
    rerun = rerun_of(run)
    found = []
    if attempt and (unmet := broken(attempt)):
        found.append(_compared(unmet))
    if attempt and (listed := _cases(attempt)):
        found.append(listed)
    if result.hint:
        found.append(f"Hint: {plain(shorten(result.hint, _LONGEST))}")
    if result.expect:
        found.append(f"Expected by the playbook: {plain(shorten(result.expect, _LONGEST))}")
    if attempt and attempt.log:
        found.append(f"Log: {code(attempt.log.path)}")
    if rerun:
        found.append(f"Rerun: {code(rerun(result.check))}")
    return found


def _compared(unmet: Iterable[Assertion]) -> str:
    rows = (
        (
            plain(shorten(one.what, _CASE)),
            cell(shorten(one.expected, _LONGEST)),
            cell(shorten(one.actual, _LONGEST)),
        )
        for one in unmet
    )
    return "\n".join(table(("What", "Expected", "Actual"), rows))


def _cases(attempt: Attempt) -> str:
    unhappy = [one for one in cases(attempt) if one.outcome in UNHAPPY]
    lines = [f"- {_case(one)}" for one in unhappy[:_CASES]]
    if len(unhappy) > _CASES:
        lines.append(f"- and {count(len(unhappy) - _CASES, 'more case')}")
    return "\n".join(lines)


def _case(one: Case) -> str:
    name = f"{one.classname}::{one.name}" if one.classname else one.name
    message = one.message.strip().partition("\n")[0]
    why = f": {plain(shorten(message, _CASE))}" if message else ""
    return f"{code(shorten(name, _CASE))} {one.outcome.value}{why}"
