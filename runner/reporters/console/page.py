"""Lines as values: spans with a tone, safe by construction, and how a stream can show them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from runner.model import Outcome, Result
from runner.reporters.text import one_line
from runner.reporters.width import cells


class Tone(StrEnum):
    """What a span means; each way of showing it picks its own colours."""

    PLAIN = "plain"
    """Nothing in particular."""
    GOOD = "good"
    """Passed."""
    BAD = "bad"
    """Failed."""
    ODD = "odd"
    """Errored, or worth a look."""
    BUSY = "busy"
    """Under way."""
    FAINT = "faint"
    """Beside the point."""
    STRONG = "strong"
    """To be found at a glance."""


class Span(msgspec.Struct, frozen=True):
    """A piece of a line."""

    text: str
    """Safe to show; `say` makes it so."""
    tone: Tone = Tone.PLAIN
    """What it means."""


Line: TypeAlias = tuple[Span, ...]
"""A line of spans, without its line break."""

UNBOUNDED: Final = 100_000
"""The width of a stream that is not a terminal."""

TONES: Final = {
    Outcome.PASSED: Tone.GOOD,
    Outcome.FAILED: Tone.BAD,
    Outcome.ERRORED: Tone.ODD,
    Outcome.SKIPPED: Tone.FAINT,
}
"""The tone of an outcome."""

_MARKS = {
    Outcome.PASSED: ("✓", "+"),
    Outcome.FAILED: ("✗", "x"),
    Outcome.ERRORED: ("!", "!"),
    Outcome.SKIPPED: ("-", "-"),
}
_SYMBOLS = "✓✗…│─━·⠋"
# Select Graphic Rendition, ECMA-48 section 8.3.117. Faint is not bright black: some dark themes
# show that in the colour of the background.
_CODES = {
    Tone.GOOD: "32",
    Tone.BAD: "1;31",
    Tone.ODD: "33",
    Tone.BUSY: "36",
    Tone.FAINT: "2",
    Tone.STRONG: "1",
}


def say(text: str, tone: Tone = Tone.PLAIN) -> Span:
    """Make a span of text from anywhere."""
    return Span(one_line(text), tone)


def tone_of(result: Result) -> Tone:
    """Give the tone of a result: a failure that is allowed does not shout."""
    return TONES[result.outcome] if result.counts else Tone.ODD


def line(*parts: Span | str) -> Line:
    """Make a line of spans and text from anywhere."""
    return tuple(say(part) if isinstance(part, str) else part for part in parts)


def line_cells(spans: Line) -> int:
    """Count the cells of a line."""
    return sum(cells(span.text) for span in spans)


class Look(msgspec.Struct, frozen=True):
    """What a stream can show."""

    width: int = UNBOUNDED
    """Cells in a line."""
    unicode: bool = True
    """Whether it can show more than ASCII symbols."""
    color: bool = False
    """Whether it takes colour codes."""

    def mark(self, outcome: Outcome) -> str:
        """Give the sign of an outcome."""
        return _MARKS[outcome][not self.unicode]

    @property
    def ellipsis(self) -> str:
        """Give the sign for what is left out."""
        return "…" if self.unicode else "..."

    @property
    def gutter(self) -> str:
        """Give the sign before a line of a log."""
        return "│" if self.unicode else "|"

    @property
    def rule(self) -> str:
        """Give the sign that a rule is made of."""
        return "─" if self.unicode else "-"

    @property
    def dot(self) -> str:
        """Give the sign between two remarks."""
        return "·" if self.unicode else "-"


def can_unicode(encoding: str | None) -> bool:
    """Say whether an encoding has the symbols."""
    try:
        _SYMBOLS.encode(encoding or "ascii")
    except (LookupError, UnicodeError):
        return False
    return True


def render(spans: Line, *, color: bool) -> str:
    """Give a line as text, with colour codes or without, no blanks at its end."""
    if not color:
        return "".join(span.text for span in spans).rstrip()
    return "".join(
        f"\x1b[{_CODES[span.tone]}m{span.text}\x1b[0m" if span.tone in _CODES else span.text
        for span in spans
    )
