"""Which checks the page lists: all where people can read them, else those that need it.

The lines of thousands are made here and not by the templates, which take ten times as long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from runner.model import Outcome, Result, Run
from runner.reporters.html.measures import Measures, in_need
from runner.reporters.html.words import anchor, link, shown
from runner.reporters.reading import last
from runner.reporters.text import duration

if TYPE_CHECKING:
    from markupsafe import Markup

LISTED = 10_000
"""Checks of all stages above which only those are listed that one line does not explain."""
ROOM = 4_000_000
"""Bytes that checks take together: the page stays under 5 MB, whatever they print."""
FULL_ROOM = 2_000_000
"""Bytes that those take of which all is told; the others of them get a line."""
Tell: TypeAlias = "Callable[[Run, Result], Markup]"
"""Tells all of a check."""
_GROUP = 50
"""Checks that a browser lays out together, once they come into view."""
_STEPS = 3
"""Steps of which a line tells."""


class Listing(msgspec.Struct, frozen=True):
    """The checks of a stage on the page."""

    groups: Sequence[Sequence[Markup]]
    """In the order of the playbook."""
    hidden: Mapping[str, int]
    """How many are not listed, by how they ended; empty where all are."""


def listing(runs: Sequence[Run], limits: Measures, tell: Tell) -> Mapping[str, Listing]:
    """Choose what is listed of each stage; what needs an explanation goes before the rest."""
    pieces = _Pieces(limits, tell)
    wanted = {run.stage: pieces.of(run, in_need(run)) for run in runs}
    if sum(len(run.results) for run in runs) <= LISTED:
        for run in runs:
            wanted[run.stage] |= pieces.of(run, _others(run))
    return {run.stage: _listing(run, wanted[run.stage]) for run in runs}


def _others(run: Run) -> Iterator[int]:
    need = {*in_need(run)}
    return (place for place in range(len(run.results)) if place not in need)


def _listing(run: Run, items: Mapping[int, Markup]) -> Listing:
    ordered = [items[place] for place in sorted(items)]
    groups = [ordered[start : start + _GROUP] for start in range(0, len(ordered), _GROUP)]
    left = Counter(run.tally.outcomes)
    if len(items) == len(run.results):
        left.clear()
    else:
        left.subtract(run.results[place].outcome for place in items)
    return Listing(groups, {one.value: left[one] for one in Outcome if left[one]})


class _Pieces:
    """Makes what is shown of checks, until there is no more room."""

    def __init__(self, limits: Measures, tell: Tell) -> None:
        from markupsafe import Markup, escape

        self._room = ROOM
        self._tell = tell
        self._full = limits.full
        self._limit = limits.field
        self._markup = Markup
        self._escape = escape

    def of(self, run: Run, places: Iterable[int]) -> dict[int, Markup]:
        """Give that of checks, of as many as there is room for."""
        full = {*self._full[run.stage]}
        found: dict[int, Markup] = {}
        for place in places:
            if self._room <= 0:
                break
            found[place] = self._piece(run, run.results[place], full=place in full)
        return found

    def _piece(self, run: Run, result: Result, *, full: bool) -> Markup:
        if full and self._room > ROOM - FULL_ROOM:
            piece = self._tell(run, result)
            size = _size(piece)
            if self._room - size > ROOM - FULL_ROOM:
                self._room -= size
                return piece
        line = self._markup("".join(self._line(run.stage, result)))
        self._room -= _size(line)
        return line

    def _line(self, stage: str, result: Result) -> Iterator[str]:
        attempt, outcome = last(result), result.outcome.value
        took = duration(result.duration) if attempt else ""
        yield f'<div class="check {outcome}" id="{anchor(stage, result.check)}">'
        yield f"<b>{self._text(result.area or result.check)}</b> <time>{took}</time>"
        yield f' <span class="state {outcome}">{outcome}</span>'
        if result.reason:
            yield f" <q>{self._text(result.reason)}</q>"
        if attempt:
            yield "<p>"
            for step in attempt.steps[:_STEPS]:
                for one in step.report.assertions[:1]:
                    yield f"{self._text(one.what)}: expected {self._text(one.expected)},"
                    yield f" was {self._text(one.actual)}. "
                for run in step.report.executions[:1]:
                    yield f"<code>{self._text(' '.join(run.argv))}</code> "
            if attempt.log:
                yield f'<a href="{self._escape(link(attempt.log.path))}">log</a>'
            yield "</p>"
        yield "</div>"

    def _text(self, text: str) -> str:
        """Give a text as the templates print it: clean, cut and escaped."""
        return self._escape(shown(text, self._limit))


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))
