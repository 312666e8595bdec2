"""What a check costs when there are few of them and when there are many."""

from __future__ import annotations

import statistics
from functools import partial
from itertools import pairwise
from pathlib import Path

from bench.leftovers import put_aside
from bench.playbooks import OUTPUT, no_ops, prove_passed, repository
from bench.race import Contender, Lane, race
from bench.section import Section, Verdict
from bench.tools import RUNNER

COUNTS = (10, 100, 1_000, 10_000)
"""Checks in a playbook."""
TOLERANCE = 0.2
"""How far the cost may be from that between the middle sizes."""


def _contender(folder: Path, count: int) -> Contender:
    place = repository(folder / str(count), no_ops(count))
    return Contender(
        str(count),
        (str(RUNNER), "validate", "-q"),
        place,
        prepare=partial(put_aside, place / OUTPUT),
        prove=partial(prove_passed, place, count),
    )


def measure(folder: Path, rounds: int) -> Section:
    """Take the cost of a check as the difference between two sizes, so that start-up is out."""
    lanes = race([_contender(folder, count) for count in COUNTS], rounds)
    rows = [_row(lane) for lane in lanes]
    broken = any(lane.broken for lane in lanes)
    costs = [] if broken else [_cost(small, large) for small, large in pairwise(lanes)]
    rows += [
        (f"from {small:,} to {large:,}", "", f"{cost * 1000:.3f} ms")
        for (small, large), cost in zip(pairwise(COUNTS), costs, strict=False)
    ]
    prose = (
        (
            "The cost of a check is the median over the rounds of (time of the larger - time of the"
            " smaller) / (difference of the counts), which leaves start-up out."
        ),
    )
    return Section(
        "Cost of a check",
        prose,
        ("checks", "time", "cost of a check"),
        tuple(rows),
        (_verdict(costs),),
    )


def _row(lane: Lane) -> tuple[str, ...]:
    count = int(lane.contender.name)
    if lane.broken:
        return f"{count:,}", "broken", lane.broken[:160]
    return f"{count:,}", f"{lane.median:.3f} s", f"{lane.median / count * 1000:.3f} ms in all"


def _cost(small: Lane, large: Lane) -> float:
    difference = int(large.contender.name) - int(small.contender.name)
    pairs = zip(small.seconds, large.seconds, strict=True)
    return statistics.median((b - a) / difference for a, b in pairs)


def _verdict(costs: list[float]) -> Verdict:
    what = f"cost of a check from {COUNTS[0]} to {COUNTS[-1]:,} checks"
    budget = f"flat: within {TOLERANCE:.0%}"
    if not costs:
        return Verdict(what, budget, "not measured", None)
    middle = costs[1]
    deviations = [cost / middle - 1 for cost in costs]
    measured = ", ".join(
        f"{cost * 1000:.3f} ms ({off:+.0%})" for cost, off in zip(costs, deviations, strict=True)
    )
    return Verdict(what, budget, measured, all(abs(off) <= TOLERANCE for off in deviations))
