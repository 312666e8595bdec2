"""The real safety, of both majors, on databases made of the advisories of this repository."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from packaging.version import Version
from support.door import LocalDoor
from unit.advisories.records import ROOT, SNAPSHOT, read, v

from runner.advisories.export.safety_db import export
from runner.advisories.export.safety_format import Schema
from runner.advisories.findings import Finding, Standing, merge
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import Ended, Report, SourceError
from runner.advisories.sources.safety import Safety
from runner.advisories.sources.safety.check_report import read_check
from runner.advisories.sources.safety.running import check, furnish
from runner.advisories.tools import Tool, prepare

OTHERS = {"flask": "2.0.0", "pyarrow": "14.0.0", "werkzeug": "3.1.3"}
MAJORS: tuple[tuple[str, Schema], ...] = (("2.3.5", 2), ("3.7.0", 3))
BOTH = pytest.mark.parametrize(("version", "schema"), MAJORS)
DRIVER = """
import sys
import safety.safety
safety.safety.OPEN_MIRRORS = safety.safety.API_MIRRORS = [{mirror!r}]
from safety.cli import cli
cli(prog_name="safety")
"""
"""Starts safety with another server than its own."""


def inventory(mlflow: str, **others: str) -> Inventory:
    pins = sorted({**others, "mlflow": mlflow}.items())
    return Inventory("lock.txt", "lock", tuple(Component(*pin) for pin in pins))


def expected(asked: Inventory) -> dict[frozenset[str], str]:
    """Give what our own reader finds: the names of each finding, and its package."""
    return {
        one.names: one.package
        for one in read(SNAPSHOT, *asked.versions).findings()
        if one.standing(Version(asked.versions[one.package])) is Standing.AFFECTED
    }


def together(report: Report, asked: Inventory) -> dict[frozenset[str], str]:
    """Give what safety finds, under the names that our own reader knows it by."""
    own = [
        one for finding in read(SNAPSHOT, *asked.versions).findings() for one in finding.advisories
    ]
    told = {one.id for one in report.advisories}
    joined = merge((*report.advisories, *own), report.database)
    found = [one for one in joined if any(it.source == "safety" for it in one.advisories)]
    assert len(found) == len(told)
    return {one.names: one.package for one in found}


def findings(report: Report) -> tuple[Finding, ...]:
    return merge(report.advisories, report.database)


@pytest.fixture
def door(tmp_path: Path) -> LocalDoor:
    return LocalDoor(ROOT, tmp_path / "scratch")


@BOTH
@pytest.mark.parametrize(("mlflow", "count"), [("3.6.0", 28), ("3.11.1", 9), ("3.17.2", 1)])
def test_it_finds_what_the_offline_reader_finds(
    door: LocalDoor, version: str, schema: Schema, mlflow: str, count: int
) -> None:
    asked = inventory(mlflow, **OTHERS)
    report = Safety(version, osv="config/advisories").scan(asked, door)
    assert together(report, asked) == expected(asked)
    assert len([one for one in findings(report) if one.package == "mlflow"]) == count
    assert report.audited == tuple(asked.versions)
    assert report.tool == f"safety {version}"
    assert f'"safety_version": "{version}"'.encode() in door.kept["safety.json"]
    assert schema == int(version[0])


@BOTH
def test_ranges_severities_and_fixes_survive(
    door: LocalDoor, version: str, schema: Schema, tmp_path: Path
) -> None:
    export(SNAPSHOT, schema, tmp_path / "db")
    door.repository = tmp_path
    asked = inventory("3.6.0")
    found = findings(Safety(version, database="db").scan(asked, door))
    own = {one.id: one for one in read(SNAPSHOT, "mlflow").findings()}
    for one in found:
        same = next(other for other in own.values() if other.names & one.names)
        assert one.severity == same.severity
        assert one.fixed_versions == same.fixed_versions
        for text in ("2.0.1", "3.5.0", "3.6.0", "3.9.0rc0", "3.9.0", "3.17.2"):
            assert one.standing(v(text)) is same.standing(v(text))


@BOTH
def test_a_pre_release_is_looked_at(door: LocalDoor, version: str, schema: Schema) -> None:
    asked = inventory("3.6.0rc1", click="1!8.0.post1+corp")
    report = Safety(version, osv="config/advisories").scan(asked, door)
    assert together(report, asked) == expected(asked)
    assert len(report.advisories) > 20, schema


def run_plainly(version: str, database: Path, door: LocalDoor) -> tuple[Ended, bytes]:
    """Run safety on a database that nobody has looked through."""
    tool = Tool("safety", version)
    room = furnish(inventory("3.6.0"), door)
    ended = check(tool, prepare(tool, door), room, door, database)
    return ended, room.report.read_bytes()


def test_the_wrong_schema_would_be_no_vulnerabilities_to_safety_2(
    door: LocalDoor, tmp_path: Path
) -> None:
    export(SNAPSHOT, 3, tmp_path / "db")
    ended, report = run_plainly("2.3.5", tmp_path / "db", door)
    assert ended.exit_code == 0
    assert read_check(report).flaws == ()


def test_the_wrong_schema_is_an_error_to_safety_3(door: LocalDoor, tmp_path: Path) -> None:
    export(SNAPSHOT, 2, tmp_path / "db")
    with pytest.raises(SourceError, match="exit code 69, its database is malformed"):
        run_plainly("3.7.0", tmp_path / "db", door)


@pytest.mark.parametrize(("version", "schema"), [("2.3.5", 3), ("3.7.0", 2)])
def test_the_wrong_schema_is_refused_before_it_runs(
    door: LocalDoor, tmp_path: Path, version: str, schema: Schema
) -> None:
    export(SNAPSHOT, schema, tmp_path / "db")
    door.repository = tmp_path
    with pytest.raises(SourceError, match="has the schema of"):
        Safety(version, database="db").scan(inventory("3.6.0"), door)
    assert not door.ran


@BOTH
def test_neither_a_policy_nor_a_key_of_the_user_counts(
    door: LocalDoor, version: str, schema: Schema, tmp_path: Path
) -> None:
    export(SNAPSHOT, schema, tmp_path / "db")
    policy = "security:\n  ignore-cvss-severity-below: 10\n  ignore-cvss-unknown-severity: true\n"
    (tmp_path / ".safety-policy.yml").write_text(policy, encoding="utf-8")
    door.repository, door.env = tmp_path, {**door.env, "SAFETY_API_KEY": "none"}
    report = Safety(version, database="db").scan(inventory("3.6.0"), door)
    assert len(findings(report)) == 28
    assert b'"api_key": false' in door.kept["safety.json"]


@BOTH
def test_with_a_local_database_nobody_is_asked(
    door: LocalDoor, version: str, schema: Schema, tmp_path: Path
) -> None:
    export(SNAPSHOT, schema, tmp_path / "db")
    door.repository = tmp_path
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        address = f"http://127.0.0.1:{proxy.getsockname()[1]}"
        door.env = {**door.env, "HTTPS_PROXY": address, "https_proxy": address, "NO_PROXY": "none"}
        Safety(version, database="db").scan(inventory("3.6.0"), door)
        proxy.setblocking(False)  # noqa: FBT003 - its signature
        with pytest.raises(BlockingIOError):
            proxy.accept()


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name
        pass


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """Serve the folder ``db``."""
    (tmp_path / "db").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "db")))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Detour(LocalDoor):
    """Lets safety meet another server than its own."""

    mirror: str = ""

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        if "safety" in argv:
            driver = self.scratch / "driver.py"
            driver.write_text(DRIVER.format(mirror=self.mirror), encoding="utf-8")
            at = argv.index("-m")
            argv = (*argv[:at], str(driver), *argv[at + 2 :])
        return super().run(argv, env=env, timeout=timeout)


@BOTH
def test_a_fetched_database_has_identity_and_time(
    tmp_path: Path, served: str, version: str, schema: Schema
) -> None:
    export(SNAPSHOT, schema, tmp_path / "db")
    door = Detour(tmp_path, tmp_path / "scratch", mirror=served)
    asked = inventory("3.17.2", **OTHERS)
    report = Safety(version).scan(asked, door)
    assert together(report, asked) == expected(asked)
    assert report.database.timestamp == "2026-11-22T00:00:00Z"
    assert len(report.database.identity) == 64


def test_scan_is_read_with_what_little_it_tells(tmp_path: Path, served: str) -> None:
    export(SNAPSHOT, 3, tmp_path / "db")
    door = Detour(tmp_path, tmp_path / "scratch", mirror=served)
    door.env = {**door.env, "SAFETY_API_KEY": "none"}
    asked = inventory("3.6.0", click="1!8.0.post1+corp", **OTHERS)
    report = Safety("3.7.0").scan(asked, door)
    assert "scan" in door.ran[-1]
    assert together(report, asked) == expected(asked)
    assert report.audited == tuple(asked.versions)
    assert report.database.timestamp == "2026-11-22T00:00:00Z"


@pytest.mark.parametrize("version", ["2.3.5", "3.7.0"])
def test_no_network_is_an_error(tmp_path: Path, version: str) -> None:
    door = Detour(tmp_path, tmp_path / "scratch", mirror="http://127.0.0.1:1/")
    with pytest.raises(SourceError, match=r"cannot be fetched: .*network connection") as told:
        Safety(version).scan(inventory("3.6.0"), door)
    assert "local database" in told.value.hint


def test_an_environment_without_an_index_is_an_error(tmp_path: Path) -> None:
    door = LocalDoor(tmp_path, tmp_path / "scratch")
    none = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": "/dev/null"}
    door.env = {**door.env, **none, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with pytest.raises(SourceError, match=r"cannot be made: .*No matching distribution"):
        prepare(Tool("safety", "2.3.5"), door)
