"""The source ``osv``: what it has looked at, and what it has not."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.door import LocalDoor
from unit.advisories.records import folder, record

from runner.advisories.files import DatabaseError
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources import make_source
from runner.advisories.sources.base import Report
from runner.advisories.sources.osv import Covers, Osv

INVENTORY = Inventory(
    "requirements.txt",
    "lock",
    (Component("flask", "3.0"), Component("mlflow", "3.6.0"), Component("urllib3", "2.2")),
)


@pytest.fixture
def door(tmp_path: Path) -> LocalDoor:
    repository = tmp_path / "repository"
    folder(repository, record("A-1"), record("A-2", package="django"), record("A-3", withdrawn=NOW))
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    return LocalDoor(repository.rename(tmp_path / "db").parent, tmp_path / "scratch", env)


NOW = "2026-03-01T00:00:00Z"


def scan(door: LocalDoor, covers: Covers = "named") -> Report:
    return Osv("db", covers).scan(INVENTORY, door)


def test_everything_is_told_of_the_packages_that_the_database_names(door: LocalDoor) -> None:
    report = scan(door)
    assert (report.source, report.tool, report.complete) == ("osv", "", True)
    assert [(one.id, bool(one.withdrawn)) for one in report.advisories] == [
        ("A-1", False),
        ("A-3", True),
    ]
    assert (report.database.location, report.database.records) == ("db", 3)
    assert report.problems == ()


def test_a_package_without_a_record_was_not_looked_at(door: LocalDoor) -> None:
    report = scan(door)
    assert report.audited == ("mlflow",)
    reason = "the database has no record of it"
    assert report.skipped == {"flask": reason, "urllib3": reason}


def test_in_an_export_of_everything_it_was(door: LocalDoor) -> None:
    report = scan(door, "all")
    assert report.audited == ("flask", "mlflow", "urllib3")
    assert report.skipped == {}


def test_problems_say_whom_they_may_be_about(door: LocalDoor) -> None:
    folder(door.repository / "db", b"{", record("A-2", [{"fixed": "1"}]))
    problems = scan(door).problems
    assert [(one.place, one.packages) for one in problems] == [
        ("0.json", None),
        ("1.json", ("mlflow",)),
    ]


def test_its_index_is_kept_in_the_cache_of_the_user(
    door: LocalDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.advisories.files._TICK", -(10**12))  # its files count as old
    scan(door)
    assert len(list((tmp_path / "cache" / "upgrade-runner" / "advisories").iterdir())) == 1


def test_a_missing_database_is_named_as_the_playbook_names_it(door: LocalDoor) -> None:
    with pytest.raises(DatabaseError, match=r"^there is no advisory database nowhere$"):
        Osv("nowhere").scan(INVENTORY, door)


def test_it_says_what_it_would_do() -> None:
    source = make_source("osv", {"path": "config/advisories"})
    assert source.name == "osv"
    assert source.describe() == "look the packages up in the OSV records of config/advisories"


def test_a_database_covers_all_or_what_it_names() -> None:
    with pytest.raises(ValueError, match="covers is named or all, not 'some'"):
        make_source("osv", {"path": "db", "covers": "some"})
