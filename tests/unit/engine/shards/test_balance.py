"""How near shards come to the best that is possible, on durations that were recorded."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import pytest
from support.house import check
from support.optimum import lower_bound, optimum

from runner.engine.shards import cut
from runner.engine.shards.balance import balance, makespan
from runner.engine.shards.groups import groups

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


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
@pytest.mark.parametrize("count", [2, 3, 5, 8])
def test_a_matrix_with_bonds_ends_near_the_best_that_these_allow(path: Path, count: int) -> None:
    """The whole way: of checks, some of which stay together, to when the last shard ends."""
    seconds = json.loads(path.read_text())["seconds"]
    checks = [
        check(
            name,
            needs=(names[place - 1],) if place % 7 == 1 else (),
            services=("db",) if place % 9 == 2 else (),
        )
        for names in [list(seconds)]
        for place, name in enumerate(names)
    ]
    took = dict(zip(seconds, recorded(path), strict=True))
    found = cut("verification", checks, ["db"], count, seconds)
    ends = [0] * count
    for one, shard in zip(found.checks, found.shards, strict=True):
        ends[shard - 1] += took[one]
    assert [round(one * 1000) for one in found.seconds] == ends
    assert found.known == len(checks)
    together = [sum(took[checks[place].id] for place in one) for one in groups(checks)]
    best = optimum(together, count, most=20_000) or lower_bound(together, count)
    assert best <= max(ends) <= NEAR * best


def test_the_bound_is_one_that_a_poor_split_misses() -> None:
    """Else the tests above would prove nothing: equal numbers of checks are not near."""
    weights = recorded(Path(__file__).parent / "recorded" / "slow-tests.json")
    for count in (2, 3, 5, 8):
        poor = [list(range(start, len(weights), count)) for start in range(count)]
        size = -(-len(weights) // count)
        blocks = [list(range(n * size, min((n + 1) * size, len(weights)))) for n in range(count)]
        best = optimum(weights, count, most=20_000) or lower_bound(weights, count)
        assert max(makespan(weights, poor), makespan(weights, blocks)) > NEAR * best


def test_the_optimum_is_that_of_every_possible_schedule() -> None:
    chance = random.Random(5)  # noqa: S311 - made-up durations
    for _ in range(60):
        weights = [chance.randint(1, 30) for _ in range(chance.randint(1, 7))]
        count = chance.randint(1, 3)
        every = itertools.product(range(count), repeat=len(weights))
        best = min(
            max(
                sum(w for w, b in zip(weights, bins, strict=True) if b == one)
                for one in range(count)
            )
            for bins in every
        )
        assert optimum(weights, count) == best
        assert lower_bound(weights, count) <= best


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
