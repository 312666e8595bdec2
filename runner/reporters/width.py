"""How many terminal cells text takes, and how it is made to fit.

Widths follow Unicode's East_Asian_Width (UAX #11): wide and fullwidth characters take two cells,
combining marks and format characters none. Text is expected to be clean (`runner.reporters.text`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from runner.reporters.text import one_line


@lru_cache(maxsize=4096)
def _cell(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def cells(text: str) -> int:
    """Count the cells of a line."""
    return len(text) if text.isascii() else sum(map(_cell, text))


def head(text: str, width: int) -> str:
    """Give the longest beginning that fits into the width."""
    if text.isascii():
        return text[:width] if width > 0 else ""
    used = 0
    for index, character in enumerate(text):
        used += _cell(character)
        if used > width:
            return text[:index]
    return text


def shorten(text: str, width: int, ellipsis: str = "…") -> str:
    """Cut a line to the width, the ellipsis in the place of what is left out."""
    if len(text) * 2 <= width or head(text, width) == text:
        return text
    if width <= cells(ellipsis):
        return head(ellipsis, width)
    return head(text, width - cells(ellipsis)).rstrip() + ellipsis


def pad(text: str, width: int) -> str:
    """Fill a line with spaces up to the width."""
    return text + " " * (width - cells(text))


def fold(text: str, width: int) -> list[str]:
    """Break a line anywhere, so that nothing is lost; at least one piece."""
    pieces = []
    while True:
        piece = head(text, width) or text[:1]
        pieces.append(piece)
        text = text[len(piece) :]
        if not text:
            return pieces


def wrap(text: str, width: int) -> list[str]:
    """Break a line between words, and inside a word only where it is wider than the line."""
    lines = [""]
    for word in text.split():
        joined = f"{lines[-1]} {word}".lstrip()
        if cells(joined) <= width:
            lines[-1] = joined
            continue
        if not lines[-1]:
            lines.pop()
        lines.extend(fold(word, width))
    return lines


def columns(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Give the lines of a table, each column as wide as it has to be."""
    grid = [tuple(headings), *(tuple(map(one_line, row)) for row in rows)]
    widths = [max(map(cells, column)) for column in zip(*grid, strict=True)]
    for line in grid:
        yield "  ".join(map(pad, line, widths)).rstrip()
