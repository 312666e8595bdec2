"""The picture of vulnerabilities: from their severity before to what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from runner.reporters.html.vulnerabilities import FATES, SEVERITIES, Vulnerabilities

WIDTH = 360
"""Units of the picture, about a phone's width in CSS pixels: its texts stay readable there."""
LEFT, RIGHT, BAR = 96, 244, 10
"""Where the bars of the two sides begin, and how wide they are."""
_HEIGHT = 190.0
"""Units that all vulnerabilities take together."""
_SLOT = 17.0
"""Units that a node takes at least: a line of text."""
_GAP = 5.0
"""Units between nodes."""


@dataclass(frozen=True)
class Node:
    """A bar with its label."""

    label: str
    """A severity, or a fate."""
    count: int
    """How many."""
    y: float
    """Of the bar's top."""
    height: float
    """Of the bar."""
    middle: float
    """Of the bar, where the label stands."""


@dataclass(frozen=True)
class Band:
    """Those of one severity that have one fate."""

    severity: str
    """Where it comes from."""
    fate: str
    """Where it goes."""
    count: int
    """How many."""
    path: str
    """SVG path data."""


@dataclass(frozen=True)
class Flow:
    """The picture."""

    height: float
    """Units; the width is `WIDTH`."""
    left: tuple[Node, ...]
    """By severity, before."""
    right: tuple[Node, ...]
    """By fate; new ones come from nowhere."""
    bands: tuple[Band, ...]
    """From left to right."""


def flow(found: Vulnerabilities) -> Flow | None:
    """Draw what became of vulnerabilities; None without two scans, or where there are none."""
    if found.before is None or found.after is None or not found.rows:
        return None
    told = [(str(row.shape.severity.word), row.fate) for row in found.rows]
    pairs = Counter(told)
    unit = _HEIGHT / len(found.rows)
    sources = Counter(severity for severity, fate in told if fate != "new")
    left = tuple(_nodes(sources, SEVERITIES, unit))
    right = tuple(_nodes(found.fates, FATES, unit))
    height = max((one.middle + max(one.height, _SLOT) / 2 for one in (*left, *right)), default=0)
    return Flow(round(height, 1), left, right, tuple(_bands(pairs, left, right, unit)))


def _nodes(counts: Mapping[str, int], order: Iterable[str], unit: float) -> Iterator[Node]:
    """Stack the nodes of a side; each has room for its label."""
    y = 0.0
    for label in order:
        if not (count := counts.get(label, 0)):
            continue
        height = count * unit
        slot = max(height, _SLOT)
        top = y + (slot - height) / 2
        yield Node(label, count, round(top, 1), round(height, 1), round(y + slot / 2, 1))
        y += slot + _GAP


def _bands(
    pairs: Mapping[tuple[str, str], int],
    left: Iterable[Node],
    right: Iterable[Node],
    unit: float,
) -> Iterator[Band]:
    starts = {one.label: one.y for one in left}
    ends = {one.label: one.y for one in right}
    for severity in SEVERITIES:
        for fate in FATES:
            count = pairs.get((severity, fate), 0)
            if not count:
                continue
            end, thick = ends[fate], count * unit
            ends[fate] += thick
            if fate == "new":
                continue
            start = starts[severity]
            starts[severity] += thick
            yield Band(severity, fate, count, _path(start, end, thick))


def _path(start: float, end: float, thick: float) -> str:
    x0, x1, middle = LEFT + BAR, RIGHT, (LEFT + BAR + RIGHT) / 2
    return (
        f"M{x0} {start:.1f}C{middle:g} {start:.1f} {middle:g} {end:.1f} {x1} {end:.1f}"
        f"v{thick:.1f}C{middle:g} {end + thick:.1f} {middle:g} {start + thick:.1f}"
        f" {x0} {start + thick:.1f}Z"
    )
