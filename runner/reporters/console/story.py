"""The story of what did not pass: why, what the log says, where it is, how to repeat it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runner.model import Assertion, Attempt, Case, Result, ServiceReport
from runner.reporters.console.page import TONES, Line, Look, Tone, line, line_cells, say, tone_of
from runner.reporters.console.rows import area_of
from runner.reporters.reading import UNHAPPY, broken, cases, last, notes
from runner.reporters.text import last_lines, one_line
from runner.reporters.width import cells, fold, shorten, wrap

_LOG_LINES = 15
_CASES = 10
_LABEL = 9


def check_story(
    result: Result, dossier: str, rerun: Callable[[str], str], look: Look
) -> Iterator[Line]:
    """Tell why a check did not pass."""
    attempt = last(result)
    yield from _heading(result, look)
    if result.reason:
        yield from wrapped("", result.reason, Tone.PLAIN, look)
    if attempt:
        for assertion in broken(attempt):
            yield from _comparison(assertion, look)
        yield from _cases(cases(attempt), look)
    if result.hint:
        yield from wrapped("hint".ljust(_LABEL), result.hint, Tone.FAINT, look)
    if attempt:
        yield from _log(attempt.tail, look)
        yield from _path(attempt, dossier)
    yield _label("rerun", rerun(result.check))


def service_story(report: ServiceReport, dossier: str, look: Look) -> Iterator[Line]:
    """Tell why a service was not there."""
    tone = TONES[report.outcome]
    yield line(say(f"{look.mark(report.outcome)} ", tone), say(f"service {report.name}", tone))
    yield from wrapped("", report.reason or "not ready", Tone.PLAIN, look)
    if report.hint:
        yield from wrapped("hint".ljust(_LABEL), report.hint, Tone.FAINT, look)
    yield from _log(report.tail, look)
    if report.log:
        yield _label("log", f"{dossier}/{report.log.path}")


def wrapped(label: str, text: str, tone: Tone, look: Look, *, indent: int = 2) -> Iterator[Line]:
    """Break text into lines; the label stands before the first, the others stand below it."""
    start = " " * indent
    room = max(look.width - indent - len(label), 4)
    for number, piece in enumerate(wrap(one_line(text), room)):
        before = label if number == 0 else " " * len(label)
        yield line(start, say(before, tone), piece)


def _heading(result: Result, look: Look) -> Iterator[Line]:
    tone = tone_of(result)
    remarks = ", ".join([result.outcome.value, *notes(result)])
    room = look.width - 2
    title = shorten(area_of(result), room, look.ellipsis)
    first = line(say(f"{look.mark(result.outcome)} ", tone), say(title, tone))
    aside = say(f"  {remarks}  {result.place or ''}".rstrip(), Tone.FAINT)
    if line_cells((*first, aside)) <= look.width:
        yield (*first, aside)
        return
    yield first
    yield from wrapped("", aside.text, Tone.PLAIN, look)


def _comparison(assertion: Assertion, look: Look) -> Iterator[Line]:
    text = f"{assertion.what}: expected {assertion.expected}, actual {assertion.actual}"
    if "\n" not in text and cells(one_line(text)) + 2 <= look.width:
        yield line("  ", say(assertion.what, Tone.STRONG), text[len(assertion.what) :])
        return
    yield from wrapped("", assertion.what, Tone.PLAIN, look)
    yield from wrapped("  expected ", assertion.expected, Tone.FAINT, look)
    yield from wrapped("  actual   ", assertion.actual, Tone.FAINT, look)


def _cases(found: tuple[Case, ...], look: Look) -> Iterator[Line]:
    unhappy = [case for case in found if case.outcome in UNHAPPY]
    for case in unhappy[:_CASES]:
        name = f"{case.classname}::{case.name}" if case.classname else case.name
        text = one_line(f"{name}: {case.message.strip().partition(chr(10))[0]}".rstrip(": "))
        mark = say(f"  {look.mark(case.outcome)} ", TONES[case.outcome])
        yield line(mark, shorten(text, look.width - 4, look.ellipsis))
    if len(unhappy) > _CASES:
        yield line(say(f"    and {len(unhappy) - _CASES} more", Tone.FAINT))


def _log(tail: str, look: Look) -> Iterator[Line]:
    for text in last_lines(tail, _LOG_LINES):
        for piece in fold(text, max(look.width - 4, 8)):
            yield line(say(f"  {look.gutter} ", Tone.FAINT), piece)


def _path(attempt: Attempt, dossier: str) -> Iterator[Line]:
    if attempt.log:
        yield _label("log", f"{dossier}/{attempt.log.path}")


def _label(label: str, text: str) -> Line:
    # Paths and commands stay whole on one line, to be copied.
    return line("  ", say(label.ljust(_LABEL), Tone.FAINT), text)
