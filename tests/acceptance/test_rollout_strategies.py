"""Which way a release goes: by the database's revision, and by the slots."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import pytest

PROGRAMS = Path(__file__).resolve().parents[2] / "checks/rollout"


@pytest.fixture
def strategies(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Give the program's module, whose siblings are found as they are where it runs."""
    monkeypatch.syspath_prepend(str(PROGRAMS))
    return importlib.import_module("strategies")


STAYS, MOVES = "b2", "a1"
WAYS = [
    # wished, revision, live, idle: what is chosen
    ("auto", STAYS, 1, 1, "blue-green"),
    ("auto", STAYS, 2, 0, "rolling"),
    ("auto", STAYS, 1, 0, "stop-migrate-start"),
    ("auto", MOVES, 1, 1, "stop-migrate-start"),
    ("auto", "", 1, 1, "stop-migrate-start"),
    ("stop-migrate-start", STAYS, 1, 1, "stop-migrate-start"),
    ("stop-migrate-start", MOVES, 1, 1, "stop-migrate-start"),
    ("rolling", STAYS, 2, 0, "rolling"),
    ("blue-green", STAYS, 1, 1, "blue-green"),
]
REFUSED = [
    ("blue-green", MOVES, 1, 1, "migrates the database from a1 to b2"),
    ("rolling", MOVES, 2, 0, "migrates the database from a1 to b2"),
    ("blue-green", "", 1, 1, "migrates the database from none to b2"),
    ("rolling", STAYS, 1, 1, "1 slot has the traffic, and nobody would have it"),
    ("blue-green", STAYS, 2, 0, "no slot is free"),
    ("auto", "z9", 1, 1, "revision z9, which the release does not know"),
    ("stop-migrate-start", "b2,z9", 1, 1, "which the release does not know"),
]


@pytest.mark.parametrize(("wished", "revision", "live", "idle", "chosen"), WAYS)
def test_the_way(
    strategies: ModuleType, wished: str, revision: str, live: int, idle: int, chosen: str
) -> None:
    schema = strategies.Schema("b2", frozenset({"a1", "b2"}))
    found, reason = strategies.choose(wished, revision, schema, live, idle)
    assert found == chosen
    refused = "blue-green is refused: the release migrates the database" in reason
    assert refused is (wished == "auto" and revision != STAYS)


@pytest.mark.parametrize(("wished", "revision", "live", "idle", "why"), REFUSED)
def test_what_would_be_wrong(
    strategies: ModuleType, wished: str, revision: str, live: int, idle: int, why: str
) -> None:
    schema = strategies.Schema("b2", frozenset({"a1", "b2"}))
    with pytest.raises(strategies.RefusedError, match=why):
        strategies.choose(wished, revision, schema, live, idle)


def test_releases_without_migrations(strategies: ModuleType) -> None:
    assert strategies.choose("auto", "", None, 1, 1) == ("blue-green", "there is no migration")
