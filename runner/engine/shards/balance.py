"""Spread weights over bins so that the heaviest bin is light.

Two classic heuristics, and the better of both: LPT (longest processing time first; R. L. Graham,
"Bounds on multiprocessing timing anomalies", 1969), at most 4/3 of the best, and MULTIFIT
(E. G. Coffman, M. R. Garey, D. S. Johnson, "An application of bin-packing to multiprocessor
scheduling", 1978), at most 13/11 of it. Both are exact in integers, so that every machine
comes to the same.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from typing import TypeAlias

Bins: TypeAlias = list[list[int]]
"""In each bin the places of its weights."""
_CLOSE = 100
"""The search ends where bounds are within 1/100 of each other: durations differ more from run
to run."""


def balance(weights: Sequence[int], count: int) -> Bins:
    """Spread weights, each at least 1, over ``count`` bins; some stay empty where there are more.

    The same weights give the same bins.
    """
    heaviest_first = sorted(range(len(weights)), key=lambda place: (-weights[place], place))
    simple = _longest_first(weights, heaviest_first, count)
    fitted = _multifit(weights, heaviest_first, count, makespan(weights, simple))
    return simple if fitted is None else fitted


def makespan(weights: Sequence[int], bins: Bins) -> int:
    """Give the weight of the heaviest bin."""
    return max((sum(weights[place] for place in bin_) for bin_ in bins), default=0)


def _longest_first(weights: Sequence[int], order: Sequence[int], count: int) -> Bins:
    """Put each weight into the bin that is lightest so far."""
    bins: Bins = [[] for _ in range(count)]
    loads = [(0, number) for number in range(count)]
    for place in order:
        load, number = loads[0]
        bins[number].append(place)
        heapq.heapreplace(loads, (load + weights[place], number))
    return bins


def _multifit(weights: Sequence[int], order: Sequence[int], count: int, bound: int) -> Bins | None:
    """Look for the smallest capacity below a bound that first-fit-decreasing can keep to."""
    low = max(max(weights, default=0), -(-sum(weights) // count))
    best: Bins | None = None
    while bound - low > low // _CLOSE:
        capacity = (low + bound) // 2
        bins = _first_fit(weights, order, count, capacity)
        if bins is None:
            low = capacity + 1
        else:
            best, bound = bins, makespan(weights, bins)
    return best


def _first_fit(
    weights: Sequence[int], order: Sequence[int], count: int, capacity: int
) -> Bins | None:
    """Put each weight into the first bin that has room; None where one fits nowhere."""
    bins: Bins = [[] for _ in range(count)]
    room = [capacity] * count
    for place in order:
        number = next((n for n in range(count) if room[n] >= weights[place]), None)
        if number is None:
            return None
        bins[number].append(place)
        room[number] -= weights[place]
    return bins
