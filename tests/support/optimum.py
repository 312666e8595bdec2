"""The best possible makespan, by trying everything that may be better (branch and bound)."""

from __future__ import annotations

from collections.abc import Sequence


def lower_bound(weights: Sequence[int], count: int) -> int:
    """Give what no schedule is below: the mean load, the heaviest, and two of the next heaviest.

    Of ``count + 1`` weights two share a bin, which is at least as heavy as the last two of them.
    """
    order = sorted(weights, reverse=True)
    pair = order[count - 1] + order[count] if len(order) > count else 0
    return max(order[0], -(-sum(order) // count), pair)


def optimum(weights: Sequence[int], count: int, most: int = 2_000_000) -> int | None:
    """Give the makespan of the best schedule; None where that takes more than ``most`` steps."""
    order = sorted(weights, reverse=True)
    least = lower_bound(order, count)
    best, steps = sum(order), 0
    stack = [(0, (0,) * count)]
    while stack and best > least:
        place, loads = stack.pop()
        steps += 1
        if steps > most:
            return None
        if place == len(order):
            best = min(best, max(loads))
            continue
        # Bins of the same load are alike: one of them is enough. The lightest is tried first.
        for load in sorted(set(loads), reverse=True):
            if load + order[place] < best:
                bin_ = loads.index(load)
                grown = (*loads[:bin_], load + order[place], *loads[bin_ + 1 :])
                stack.append((place + 1, tuple(sorted(grown))))
    return best
