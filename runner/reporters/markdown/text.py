"""Text from anywhere in GitHub Flavored Markdown: it reads as it is, and does nothing.

The grammar is that of the GitHub Flavored Markdown Spec (0.29-gfm). Neither a backtick, a pipe,
HTML nor a line break gets out of its place, nobody is notified, and no line is a workflow command
("Workflow commands for GitHub Actions") where a summary is printed into a log.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from runner.reporters.ci.base import inert
from runner.reporters.text import clean, one_line

NOTHING: Final = "—"
"""Stands where there is no text."""
_ESCAPED: Final = str.maketrans(
    {one: f"\\{one}" for one in "\\`*_[]|~#!"}
    | {"<": "&lt;", ">": "&gt;", "&": "&amp;", "@": "@\u200b"}
)
"""Makes text plain; an invisible space keeps a name from being notified."""
_TICKS: Final = re.compile("`+")


def plain(text: str) -> str:
    """Give text on one line that Markdown shows as it is."""
    return inert(one_line(text)).translate(_ESCAPED)


def code(text: str) -> str:
    """Give text on one line as a code span; a dash where there is none."""
    shown = inert(one_line(text)).strip()
    if not shown:
        return NOTHING
    ticks = "`" * (_longest_ticks(shown) + 1)
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{ticks}{space}{shown}{space}{ticks}"


def block(text: str) -> str:
    """Give lines as a fenced block of code."""
    shown = inert(clean(text)).strip("\n")
    fence = "`" * max(3, _longest_ticks(shown) + 1)
    return f"{fence}text\n{shown}\n{fence}"


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Give the lines of a table; its cells are Markdown already, each on one line."""
    yield f"| {' | '.join(headings)} |"
    yield f"|{' --- |' * len(headings)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def cell(text: str) -> str:
    """Give text as a code span that may stand in a table, where pipes part the columns."""
    return code(text).replace("|", "\\|")


def _longest_ticks(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
