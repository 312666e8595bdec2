"""What a part of the bench hands over to the report."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from bench.race import Lane, Ratio, ratio

MIB = 1024 * 1024
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A budget of the design, and what was measured."""

    what: str
    """What is limited."""
    budget: str
    """The limit, in words."""
    measured: str
    """What was measured, in words."""
    met: bool | None
    """None where it could not be measured."""


@dataclass(frozen=True, slots=True)
class Section:
    """One part: its table and its verdicts."""

    title: str
    """Heading."""
    prose: tuple[str, ...]
    """What was measured and how, a sentence a line."""
    header: tuple[str, ...]
    """Of the table."""
    rows: tuple[tuple[str, ...], ...]
    """Of the table."""
    verdicts: tuple[Verdict, ...]
    """The budgets that it measures."""


Measure: TypeAlias = Callable[[Path, int], Section]
"""Measures in an empty folder, with this number of rounds."""


def at_most(what: str, limit: float, found: Ratio | None) -> Verdict:
    """Hold a ratio of times against its limit."""
    met = None if found is None else found.median <= limit
    return Verdict(what, f"at most {limit:g} x", str(found or "not measured"), met)


def below(what: str, found: Ratio | None) -> Verdict:
    """Demand to be faster."""
    met = None if found is None else found.median < 1
    return Verdict(what, "faster: below 1 x", str(found or "not measured"), met)


def lanes_table(
    lanes: Sequence[Lane], unit: float = 1.0, suffix: str = "s", *, others: int = 0
) -> tuple[tuple[str, ...], ...]:
    """Give a row for each lane: name, version, median time, spread, and the first's ratio to it.

    The last ``others`` lanes do other work, so that they get no ratio.
    """
    compared = lanes[1 : len(lanes) - others]
    return tuple(
        (
            lane.contender.name,
            lane.contender.version,
            *_times(lane, unit, suffix),
            str(ratio(lanes[0], lane) or "not measured") if lane in compared else "",
        )
        for lane in lanes
    )


def _times(lane: Lane, unit: float, suffix: str) -> tuple[str, str]:
    if lane.broken:
        return "broken", lane.broken.replace("\n", " ").replace("|", "/")[:160]
    low, high = min(lane.seconds) * unit, max(lane.seconds) * unit
    spread = f"{low:.3g}-{high:.3g} ({len(lane.seconds)} rounds)"
    return f"{lane.median * unit:.3g} {suffix}", spread


LANES = ("", "version", "median", "spread", "runner against it")
"""The header of `lanes_table`."""
