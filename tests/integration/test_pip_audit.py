"""The real pip-audit, against a local service that holds the advisories of this repository."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.door import LocalDoor
from support.osv_service import osv_service
from unit.advisories.records import SNAPSHOT, folder, read, record, v
from unit.kinds.servers import free_port

from runner.advisories.findings import Standing, merge
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import Report, SourceError
from runner.advisories.sources.pip_audit import PipAudit


@pytest.fixture
def door(tmp_path: Path) -> LocalDoor:
    return LocalDoor(tmp_path, tmp_path / "scratch")


def inventory(version: str) -> Inventory:
    components = (Component("flask", "3.1.0"), Component("mlflow", version))
    return Inventory("lock.txt", "lock", components)


def ask(url: str) -> PipAudit:
    return PipAudit(service="osv", osv_url=f"{url}/v1/query")


def scan(database: Path, version: str, door: LocalDoor) -> Report:
    with osv_service(database) as server:
        return ask(server.url).scan(inventory(version), door)


@pytest.mark.parametrize(("version", "count"), [("3.6.0", 28), ("3.17.2", 1)])
def test_it_finds_what_the_offline_reader_finds(door: LocalDoor, version: str, count: int) -> None:
    report = scan(SNAPSHOT, version, door)
    found = merge(report.advisories, report.database)
    mine = [one for one in found if one.package == "mlflow"]
    expected = [
        one
        for one in read(SNAPSHOT, "mlflow").findings()
        if one.standing(v(version)) is Standing.AFFECTED
    ]
    assert {one.names for one in mine} == {one.names for one in expected}
    assert len(mine) == count
    assert report.audited == ("flask", "mlflow")
    assert not report.problems


def test_a_fix_that_is_named_is_told(door: LocalDoor) -> None:
    found = merge((report := scan(SNAPSHOT, "3.6.0", door)).advisories, report.database)
    fixed = {one.id: one.fixed_in(v("3.6.0")) for one in found if one.package == "mlflow"}
    offline = {one.id: one.fixed_in(v("3.6.0")) for one in read(SNAPSHOT, "mlflow").findings()}
    assert any(fixed.values())
    assert fixed == {name: offline[name] for name in fixed}


def test_a_record_that_it_leaves_out_is_a_problem(door: LocalDoor, tmp_path: Path) -> None:
    strange = record("A-1", schema_version="2.0.0")
    report = scan(folder(tmp_path / "db", strange), "3.6.0", door)
    assert report.advisories == ()
    assert [one.reason for one in report.problems] == ["osv:Unsupported OSV schema version: 2.0.0"]


def test_no_service_is_an_error(door: LocalDoor) -> None:
    with pytest.raises(SourceError, match=r"wrote no report: .*Connection refused"):
        ask(f"http://127.0.0.1:{free_port()}").scan(inventory("3.6.0"), door)


def test_no_network_is_an_error(door: LocalDoor) -> None:
    door.env = {**door.env, "HTTPS_PROXY": f"http://127.0.0.1:{free_port()}", "NO_PROXY": ""}
    with pytest.raises(SourceError, match=r"wrote no report: .*ProxyError"):
        PipAudit().scan(inventory("3.6.0"), door)
