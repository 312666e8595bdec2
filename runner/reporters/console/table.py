"""The closing table: a row for each check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from runner.model import Result
from runner.reporters.console.page import Line, Look, Tone, line, say, tone_of
from runner.reporters.console.rows import area_of, column
from runner.reporters.reading import notes
from runner.reporters.text import duration, one_line
from runner.reporters.width import cells, pad, shorten, wrap

_OUTCOME = 9
_TIME = 11
_NOTE = 24


def table(results: Sequence[Result], look: Look) -> Iterator[Line]:
    """Give the table: aligned where there is room, else with notes on lines of their own."""
    remarks = [one_line(", ".join(notes(result))) for result in results]
    width = max(column(results, look), len("Check"))
    longest = max(map(cells, remarks), default=0)
    room = look.width - width - len("  ") - _OUTCOME - _TIME - len("  ")
    if room >= min(longest, _NOTE):
        yield from _wide(results, remarks, width, look)
    else:
        yield from _narrow(results, remarks, look)


def _took(result: Result) -> str:
    return duration(result.duration) if result.attempts else ""


def _wide(results: Sequence[Result], remarks: list[str], width: int, look: Look) -> Iterator[Line]:
    head = f"  {'Outcome':{_OUTCOME}}{pad('Check', width)}{'Time':>{_TIME}}"
    noted = [wrap(remark, max(look.width - cells(head) - 2, 1)) for remark in remarks]
    longest = max(map(cells, chain.from_iterable(noted)), default=0)
    extent = cells(head) + (2 + max(longest, len("Note")) if longest else 0)
    yield line(say(f"{head}  Note" if longest else head, Tone.FAINT))
    yield line(say(look.rule * min(extent, look.width), Tone.FAINT))
    for result, (first, *others) in zip(results, noted, strict=True):
        yield line(
            say(f"{look.mark(result.outcome)} {result.outcome:{_OUTCOME}}", tone_of(result)),
            pad(shorten(area_of(result), width, look.ellipsis), width),
            say(_took(result).rjust(_TIME), Tone.FAINT),
            f"  {first}",
        )
        for other in others:
            yield line(" " * (cells(head) + 2), other)


def _narrow(results: Sequence[Result], remarks: list[str], look: Look) -> Iterator[Line]:
    for result, remark in zip(results, remarks, strict=True):
        took = _took(result)
        room = look.width - 2 - (cells(took) + 2 if took else 0)
        title = pad(shorten(area_of(result), room, look.ellipsis), room)
        mark = say(f"{look.mark(result.outcome)} ", tone_of(result))
        yield line(mark, title, say(f"  {took}" if took else "", Tone.FAINT))
        for piece in filter(None, wrap(remark, max(look.width - 4, 1))):
            yield line(say(f"    {piece}", Tone.FAINT))
