"""``table_row``: cells of a row of a Markdown table, as GitHub Flavored Markdown has them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.model import Pin
from runner.release.formats.plain import anything
from runner.release.spots import Format, PinError, Spot, line_of

_LINE = re.compile(r"[^\r\n]+")
# A bar ends a cell unless a backslash is before it (GFM 4.10, "even inside code").
_CELL = re.compile(r"(?:[^|\\]|\\.)*")
_DELIMITER = re.compile(r"[ \t]*:?-+:?[ \t]*")
_DRESS = "*_` \t"


def find(text: str, pin: Pin) -> tuple[Spot, ...]:
    """Give the cells below the pin's headings in every row whose first cell is the selector.

    Raises PinError where such a row's table lacks a heading.
    """
    spots: list[Spot] = []
    for headings, row in _rows(text):
        first = text[slice(*row[0])]
        if first.strip(_DRESS) != pin.selector.strip(_DRESS):
            continue
        for heading, template in pin.columns.items():
            spots.append(Spot(*_cell(text, headings, row, heading, pin), template))
    return tuple(spots)


def _cell(
    text: str, headings: list[str], row: list[tuple[int, int]], heading: str, pin: Pin
) -> tuple[int, int]:
    place = f"{pin.file}:{line_of(text, row[0][0])}"
    if heading not in headings:
        raise PinError(
            f"{place}: the table has no column {heading!r}",
            hint=f"its columns are {', '.join(headings)}",
        )
    index = headings.index(heading)
    if index >= len(row):
        raise PinError(f"{place}: the row has no cell for {heading!r}", hint="complete the row")
    return row[index]


def _rows(text: str) -> Iterator[tuple[list[str], list[tuple[int, int]]]]:
    """Give each row of each table, with its table's headings."""
    before: list[tuple[int, int]] = []
    headings: list[str] = []
    line_end = -1
    for line in _LINE.finditer(text):
        cells = _cells(text, line)
        gap = text.count("\n", max(line_end, 0), line.start()) > 1
        line_end = line.end()
        if gap or not cells:
            headings, before = [], []
        if cells and headings:
            yield headings, cells
        elif before and len(before) == len(cells) and _is_delimiter(text, cells):
            headings = [text[start:end].strip(_DRESS) for start, end in before]
        before = cells


def _is_delimiter(text: str, cells: list[tuple[int, int]]) -> bool:
    return all(_DELIMITER.fullmatch(text[start:end]) for start, end in cells)


def _cells(text: str, line: re.Match[str]) -> list[tuple[int, int]]:
    """Give where the text of each cell stands, without the blanks around it."""
    if "|" not in line[0]:
        return []
    cells = []
    at, end = line.span()
    while at <= end:
        cell = _CELL.match(text, at, end)
        start, stop = cell.span() if cell else (at, at)
        cells.append((start, stop))
        at = stop + 1
    if not text[slice(*cells[0])].strip(" \t\ufeff"):
        cells = cells[1:]
    if cells and not text[slice(*cells[-1])].strip():
        cells = cells[:-1]
    return [_stripped(text, *cell) for cell in cells]


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    inner = text[start:end]
    left = len(inner) - len(inner.lstrip())
    return start + left, start + max(left, len(inner.rstrip()))


FORMAT = Format("table_row", find, anything)
"""The format."""
