"""What is selected, and what that needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.house import PLACE, check, playbook, step

from runner.engine.plan import make_plan
from runner.engine.schedule import Queue
from runner.errors import UsageError
from runner.model import Check, Service


def test_services_and_secrets_of_what_is_selected(tmp_path: Path) -> None:
    book = playbook(
        tmp_path,
        check("a", services=("db",), steps=(step("x", secrets=("TOKEN",)),)),
        check("b", services=("web",)),
        web=Service("web", PLACE),
        db=Service("db", PLACE, secrets=("PASSWORD",)),
    )
    plan = make_plan(book, "verification", ["a"])
    assert [service.name for service in plan.services] == ["db"]
    assert plan.secrets == ("PASSWORD", "TOKEN")
    assert [s.name for s in make_plan(book, "verification").services] == ["web", "db"]


def test_an_unknown_stage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no stage 'x'"):
        make_plan(playbook(tmp_path, check("a")), "x")


def test_a_pattern_that_selects_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--only x selects no check"):
        make_plan(playbook(tmp_path, check("a")), "verification", ["a", "x"])


def order(*checks: Check) -> str:
    queue, found = Queue(checks), ""
    while (one := queue.pop()) is not None:
        found += one.id
        queue.done(one.id)
    return found


def test_the_order_is_as_written_but_after_needs() -> None:
    assert order(check("a"), check("b"), check("c")) == "abc"
    assert order(check("a", needs=("c",)), check("b"), check("c")) == "bca"
    assert order(check("a", needs=("gone",)), check("b")) == "ab"


def test_a_long_chain_is_no_trouble() -> None:
    count = 5000
    chain = [check(f"{n:04}", needs=(f"{n + 1:04}",)) for n in range(count)]
    assert order(*chain).startswith(f"{count - 1:04}")
