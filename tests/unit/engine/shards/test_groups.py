"""What stays together."""

from __future__ import annotations

import random

from support.house import PLACE, Process, check

from runner.engine.shards.groups import groups
from runner.model import Check, Step


def scan(name: str) -> Check:
    return check(name, steps=(Step("s", "advisories", Process(("x",)), PLACE),))


def test_checks_without_bonds_are_alone() -> None:
    assert groups([check("a"), check("b")]) == ((0,), (1,))
    assert groups([]) == ()


def test_needs_stay_together_also_over_others() -> None:
    checks = [check("a", needs=("c",)), check("b"), check("c"), check("d", needs=("a",))]
    assert groups(checks) == ((0, 2, 3), (1,))


def test_a_service_is_started_on_one_machine() -> None:
    checks = [
        check("a", services=("db",)),
        check("b", services=("web",)),
        check("c", services=("db", "cache")),
        check("d", services=("cache",)),
    ]
    assert groups(checks) == ((0, 2, 3), (1,))


def test_a_need_and_a_service_of_one_name_are_two_things() -> None:
    checks = [check("db"), check("b", services=("db",)), check("kind advisories")]
    assert groups([*checks, scan("e")]) == ((0,), (1,), (2,), (3,))


def test_a_need_that_is_not_selected_binds_those_who_share_it() -> None:
    """Both are skipped or run by the same reason, so they may as well stay; never an error."""
    assert groups([check("a", needs=("x",)), check("b", needs=("x",))]) == ((0, 1),)


def test_scans_see_the_baseline_of_the_same_dossier() -> None:
    assert groups([scan("before"), check("b"), scan("after")]) == ((0, 2), (1,))


def test_every_check_is_in_one_group_and_no_bond_is_cut() -> None:
    chance = random.Random(7)  # noqa: S311 - a made-up matrix
    for _ in range(50):
        count = chance.randint(1, 40)
        checks = [
            check(
                f"c{number}",
                needs=tuple(f"c{chance.randrange(count)}" for _ in range(chance.randint(0, 1))),
                services=tuple(f"s{chance.randrange(9)}" for _ in range(chance.randint(0, 1))),
            )
            for number in range(count)
        ]
        found = groups(checks)
        assert sorted(place for group in found for place in group) == list(range(count))
        assert list(found) == sorted(found)
        home = {f"c{place}": group for group in found for place in group}
        for one in checks:
            assert all(home[need] == home[one.id] for need in one.needs)
            for other in checks:
                if set(one.services) & set(other.services):
                    assert home[one.id] == home[other.id]
