"""How near shards come to the best that is possible, on durations that were recorded."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from support.optimum import lower_bound, optimum

from runner.engine.shards.balance import balance, makespan

RECORDED = sorted((Path(__file__).parent / "recorded").glob("*.json"))
NEAR = 1.15


def recorded(path: Path) -> list[int]:
    seconds = json.loads(path.read_text())["seconds"].values()
    return [max(1, round(one * 1000)) for one in seconds]


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
@pytest.mark.parametrize("count", [2, 3, 5, 8, 16])
def test_within_15_percent_of_the_best(path: Path, count: int) -> None:
    weights = recorded(path)
    # Where the optimum takes too long to find, nothing is below this bound.
    best = optimum(weights, count, most=20_000) or lower_bound(weights, count)
    assert makespan(weights, balance(weights, count)) <= NEAR * best


def test_near_the_best_where_longest_first_alone_is_not() -> None:
    """Graham's worst case of three machines, where LPT takes 11 and 9 is possible."""
    weights = [5, 5, 4, 4, 3, 3, 3]
    assert optimum(weights, 3) == 9
    assert makespan(weights, balance(weights, 3)) == 9


def test_every_weight_is_in_one_bin_and_small_cases_are_near_the_true_optimum() -> None:
    chance = random.Random(11)  # noqa: S311 - made-up durations
    for _ in range(200):
        weights = [chance.randint(1, 60) for _ in range(chance.randint(1, 9))]
        count = chance.randint(1, 4)
        bins = balance(weights, count)
        assert sorted(place for one in bins for place in one) == list(range(len(weights)))
        best = optimum(weights, count)
        assert best is not None
        assert best <= makespan(weights, bins) <= NEAR * best


def test_more_bins_than_weights() -> None:
    assert sorted(map(len, balance([5, 5], 4))) == [0, 0, 1, 1]
    assert balance([], 2) == [[], []]
