"""The lines that appear while a stage runs, the same on a terminal and in a file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from runner.events import (
    AttemptEnded,
    AttemptStarted,
    RunStarted,
    ServiceEnded,
    ServiceReady,
    ServiceStarting,
)
from runner.model import Check, Outcome, Result
from runner.reporters.console.page import (
    TONES,
    Line,
    Look,
    Span,
    Tone,
    line,
    line_cells,
    say,
    tone_of,
)
from runner.reporters.reading import notes
from runner.reporters.text import count, duration, one_line
from runner.reporters.width import cells, pad, shorten

NARROW = 50
"""Below this width nothing is aligned."""
_COLUMN = 48
_CLOCK = 8
_LEAST = 16
_REMARK = 5


def area_of(named: Check | Result) -> str:
    """Give the title of a check, safe; its id where it has none."""
    key = named.id if isinstance(named, Check) else named.check
    return one_line(named.area if named.area.strip() else key)


def column(checks: Iterable[Check | Result], look: Look) -> int:
    """Choose the width for titles so that durations stand below each other."""
    widest = max((cells(area_of(check)) for check in checks), default=0)
    widest = max(widest, _LEAST)  # services have titles too
    return min(widest, _COLUMN, max(look.width // 2, _LEAST))


def headline(event: RunStarted) -> Line:
    """Announce the stage."""
    return line(
        say(f"{event.headline} {event.stage}", Tone.STRONG),
        say(f": {count(len(event.checks), 'check')}"),
    )


def started(event: AttemptStarted, position: str, look: Look) -> Line:
    """Say which check is running, so that a log tells where it hangs."""
    again = f", {repeated(event)}" if event.number > 1 else ""
    room = look.width - cells(position) - cells(again) - 3
    title = shorten(area_of(event.check), room, look.ellipsis)
    return line(say(f"  {position} {title}{again}", Tone.FAINT))


def repeated(event: AttemptStarted) -> str:
    """Name an attempt after the first; those of a run that is resumed count on beyond ``retry``."""
    number, attempts = event.number, event.check.retry.attempts
    return f"attempt {number} of {attempts}" if number <= attempts else f"attempt {number}"


def retrying(event: AttemptEnded, look: Look) -> Line:
    """Say that an attempt did not pass and will be repeated."""
    attempt = event.attempt
    outcome = attempt.outcome
    text = f"{area_of(event.check)}: attempt {attempt.number} {outcome.value}"
    if event.retry_in:
        text += f", next in {duration(event.retry_in)}"
    if attempt.reason:
        text += f": {one_line(attempt.reason)}"
    room = look.width - 2
    return line(
        say(f"{look.mark(outcome)} ", TONES[outcome]), say(shorten(text, room, look.ellipsis))
    )


def row(mark: Span, title: str, clock: str, remark: str, column: int, look: Look) -> Line:
    """Lay out what all rows share: sign, title, clock, and a remark as far as there is room."""
    narrow = look.width < NARROW
    room = look.width - cells(f"{mark.text}  {clock}") if narrow else column
    title = shorten(one_line(title), room, look.ellipsis)
    if not narrow:
        title, clock = pad(title, column), clock.rjust(_CLOCK)
    start = line(mark, title, say(f"  {clock}", Tone.FAINT))
    space = look.width - line_cells(start) - 2
    if not remark or space < _REMARK:
        return start
    return (*start, say("  " + shorten(one_line(remark), space, look.ellipsis)))


def finished(result: Result, column: int, look: Look) -> Line:
    """Tell how a check ended, and why."""
    took = duration(result.duration) if result.attempts else ""
    remarks = notes(result)
    if result.reason and result.outcome is not Outcome.SKIPPED:
        remarks.append(result.reason)
    mark = say(f"{look.mark(result.outcome)} ", tone_of(result))
    return row(mark, area_of(result), took, f" {look.dot} ".join(remarks), column, look)


def service(
    event: ServiceStarting | ServiceReady | ServiceEnded, column: int, look: Look
) -> Iterator[Line]:
    """Say what a service does; that one was stopped as planned is not worth a line."""
    match event:
        case ServiceStarting(name=name):
            text = shorten(one_line(f"  service {name}"), look.width - 4, look.ellipsis)
            yield line(say(f"{text} {look.ellipsis}", Tone.FAINT))
        case ServiceReady(name=name, seconds=seconds):
            mark = say(f"{look.mark(Outcome.PASSED)} ", Tone.GOOD)
            yield row(mark, f"service {name}", duration(seconds), "ready", column, look)
        case ServiceEnded(report=report) if report.outcome is not Outcome.PASSED:
            text = one_line(f"service {report.name}: {report.reason or 'not ready'}")
            mark = say(f"{look.mark(report.outcome)} ", TONES[report.outcome])
            yield line(mark, shorten(text, look.width - 2, look.ellipsis))
        case _:
            pass
