"""The source ``osv-api``: what it asks, and what it makes of answers of all kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.door import LocalDoor
from support.osv_service import osv_service
from unit.advisories.records import SNAPSHOT, folder, read, record, v
from unit.kinds.servers import Respond, Server, document, drip, free_port, serving, text

from runner.advisories.findings import Standing, merge
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources import make_source
from runner.advisories.sources.base import Report, SourceError
from runner.advisories.sources.osv_api import OsvApi

BATCH = "/v1/querybatch"


def inventory(*pins: str) -> Inventory:
    components = (Component(*pin.split("==")) for pin in pins or ("mlflow==3.6.0",))
    return Inventory("lock.txt", "lock", tuple(components))


def names(*ids: str, **more: str) -> Respond:
    """Answer a batch of one query."""
    return document({"results": [{"vulns": [{"id": one} for one in ids], **more}]})


@pytest.fixture
def door(tmp_path: Path) -> LocalDoor:
    return LocalDoor(tmp_path, tmp_path / "scratch", {})


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def scan(server: Server, door: LocalDoor, *pins: str) -> Report:
    return OsvApi(server.url).scan(inventory(*pins), door)


def test_it_says_what_the_offline_reader_says(door: LocalDoor) -> None:
    with osv_service(SNAPSHOT) as server:
        report = scan(server, door, "flask==1.0", "mlflow==3.6.0", "no-such==1")
    offline = read(SNAPSHOT, "flask", "mlflow")
    theirs = [one for one in report.advisories if not one.withdrawn]
    version = {"flask": v("1.0"), "mlflow": v("3.6.0")}
    found = {one.names for one in merge(theirs, report.database)}
    assert found == {
        one.names
        for one in offline.findings()
        if one.standing(version[one.package]) is Standing.AFFECTED
    }
    assert len({one for one in found if "CVE-2026-96804" in one}) == 1
    assert report.audited == ("flask", "mlflow", "no-such")
    assert not report.problems
    assert not report.complete


def test_the_database_is_the_service_at_the_time_of_the_question(
    server: Server, door: LocalDoor
) -> None:
    server.answers[BATCH] = names("A-1")
    server.answers["/v1/vulns/A-1"] = document(record("A-1"))
    before = datetime.now(UTC).replace(microsecond=0)
    database = scan(server, door).database
    assert before <= datetime.fromisoformat(database.timestamp) <= datetime.now(UTC)
    assert (database.source, database.identity, database.records) == ("osv-api", "", 1)
    assert database.location == f"{server.url} (queried live)"


def test_every_page_is_asked_for(tmp_path: Path, door: LocalDoor) -> None:
    records = [record(f"A-{number}") for number in range(5)]
    with osv_service(folder(tmp_path / "db", *records), page=2) as server:
        report = scan(server, door, "flask==1", "mlflow==3.6.0")
    assert {one.id for one in report.advisories} == {f"A-{number}" for number in range(5)}
    asked = [json.loads(body) for _, path, _, body in server.seen if path == BATCH]
    assert [len(one["queries"]) for one in asked] == [2, 1, 1]
    assert asked[0]["queries"][1] == {
        "package": {"name": "mlflow", "ecosystem": "PyPI"},
        "version": "3.6.0",
    }
    assert asked[2]["queries"][0]["page_token"] == "4"


def test_at_most_1000_queries_stand_in_a_batch(server: Server, door: LocalDoor) -> None:
    sizes = []

    def count(handler: object) -> None:
        sizes.append(len(json.loads(server.seen[-1][3])["queries"]))
        document({"results": [{}] * sizes[-1]})(handler)  # type: ignore[arg-type]

    server.answers[BATCH] = count
    scan(server, door, *(f"p{number}==1" for number in range(2001)))
    assert sizes == [1000, 1000, 1]


def test_a_record_is_asked_for_once(server: Server, door: LocalDoor) -> None:
    both = [*record("A-1")["affected"], *record("A-1", package="flask")["affected"]]
    server.answers[BATCH] = document({"results": [{"vulns": [{"id": "A-1"}]}] * 2})
    server.answers["/v1/vulns/A-1"] = document(record("A-1", affected=both))
    report = scan(server, door, "flask==1", "mlflow==3.6.0")
    assert [one.package for one in report.advisories] == ["flask", "mlflow"]
    assert len(server.seen) == 2


def test_the_public_version_of_a_local_build_is_asked_for(tmp_path: Path, door: LocalDoor) -> None:
    path = folder(tmp_path / "db", record("A-1", [{"introduced": "0"}, {"fixed": "3.6.1"}]))
    with osv_service(path) as server:
        (found,) = scan(server, door, "mlflow==3.6.0+corp").advisories
    assert json.loads(server.seen[0][3])["queries"][0]["version"] == "3.6.0"
    assert found.standing(v("3.6.0+corp")) is Standing.AFFECTED


def test_withdrawn_records_are_kept_and_affect_nothing(tmp_path: Path, door: LocalDoor) -> None:
    path = folder(tmp_path / "db", record("A-1", withdrawn="2026-02-01T00:00:00Z"))
    with osv_service(path) as server:
        (found,) = scan(server, door).advisories
    assert found.withdrawn == "2026-02-01T00:00:00Z"
    assert found.versions == frozenset()


def test_the_service_is_believed_where_its_record_says_less(
    server: Server, door: LocalDoor
) -> None:
    server.answers[BATCH] = names("A-1")
    server.answers["/v1/vulns/A-1"] = document(record("A-1", package="flask"))
    (found,) = scan(server, door).advisories
    assert found.standing(v("3.6.0")) is Standing.AFFECTED
    assert found.standing(v("3.7")) is Standing.OUT_OF_RANGE


def test_answers_are_kept_as_they_came(server: Server, door: LocalDoor) -> None:
    server.answers[BATCH] = names("A-1")
    server.answers["/v1/vulns/A-1"] = text(200, b"\xff\x00")
    report = scan(server, door)
    kept = json.loads(door.kept["osv-api.json"])
    assert [one["path"] for one in kept] == [BATCH, "/v1/vulns/A-1"]
    assert kept[1]["body"] == "\N{REPLACEMENT CHARACTER}\0"
    assert len(report.problems) == 1


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (text(404, "no"), "status 404"),
        (text(200, "{"), "not JSON"),
        (text(200, ""), "not JSON"),
        (text(200, b'"\xff"'), "not"),
        (text(200, '{"x":' + "[" * 100_000), "nested too deeply"),
        (document([]), "not an OSV record"),
        (document(record("A-2")), "gives A-2 in its place"),
        (document(record("A-1", [{"introduced": "\x1b[2J"}])), "is not a version"),
        (document(record("A-1", [{"fixed": "3"}])), "nowhere what is introduced"),
    ],
)
def test_a_record_that_cannot_be_read_is_a_problem_of_its_packages(
    server: Server, door: LocalDoor, answer: Respond, reason: str
) -> None:
    server.answers[BATCH] = document({"results": [{}, {"vulns": [{"id": "A-1"}]}]})
    server.answers["/v1/vulns/A-1"] = answer
    report = scan(server, door, "flask==1", "mlflow==3.6.0")
    ((place, told, packages),) = [(one.place, one.reason, one.packages) for one in report.problems]
    assert (place, packages) == ("A-1", ("mlflow",))
    assert reason in told
    assert told.isprintable()
    assert report.advisories == ()


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (text(200, "<html>Please log in</html>"), "malformed"),
        (text(200, ""), "truncated"),
        (text(200, '{"results": [{'), "truncated"),
        (text(200, '{"results": [{"vulns": [{"x":' + "[" * 100_000), "recursion"),
        (document({}), "missing required field `results`"),
        (document([]), "Expected `object`"),
        (document({"results": []}), "0 results for 1 queries"),
        (document({"results": [{}, {}]}), "2 results for 1 queries"),
        (document({"results": [None]}), "Expected `object`"),
        (document({"results": [{"error": "overloaded"}]}), "unknown field `error`"),
        (document({"code": 3, "message": "bad", "results": [{}]}), "unknown field"),
        (names("../../etc/passwd"), "matching regex"),
        (names("A-1\n"), "matching regex"),
        (names(next_page_token="again"), "more than 50 pages on mlflow"),
    ],
)
def test_a_strange_list_is_an_error(
    server: Server, door: LocalDoor, answer: Respond, reason: str
) -> None:
    server.answers[BATCH] = answer
    with pytest.raises(SourceError, match="is not OSV's") as caught:
        scan(server, door)
    assert reason in caught.value.message
    assert "base_url" in caught.value.hint
    assert "osv-api.json" in door.kept


def test_a_record_that_does_not_come_is_an_error(server: Server, door: LocalDoor) -> None:
    server.answers[BATCH] = names("A-1")
    server.answers["/v1/vulns/A-1"] = text(403, "no")
    with pytest.raises(SourceError, match="/v1/vulns/A-1 answers with status 403"):
        scan(server, door)


def test_nobody_there_is_an_error(door: LocalDoor) -> None:
    source = OsvApi(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(SourceError, match="connection refused") as caught:
        source.scan(inventory(), door)
    assert "offline" in caught.value.hint


def test_a_service_that_drips_is_left(server: Server, door: LocalDoor) -> None:
    server.answers[BATCH] = drip(100, 0.1)
    with pytest.raises(SourceError, match="not done with all questions"):
        OsvApi(server.url, seconds=0.2).scan(inventory(), door)


def test_it_is_set_up_by_name() -> None:
    source = make_source("osv-api", {"base_url": "https://osv.example/api/"})
    assert source.name == "osv-api"
    assert source.describe() == "ask https://osv.example/api"
    assert make_source("osv-api", {}).describe() == "ask https://api.osv.dev"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "osv.example",
        "ftp://osv.example",
        "https://",
        "https://[::1",
        "https://osv.example:99999",
        "https://osv.example:0",
        "https://osv.example/\x1b[2J",
        "https://osv.example/a b",
        "https://me:secret@osv.example",
        "https://osv.example?x=1",
        "https://osv.example#x",
        "http://osv.example",
    ],
)
def test_an_address_that_cannot_be_asked_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address of a service|over https") as caught:
        OsvApi(url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["http://localhost:80", "http://[::1]:80", "http://osv.localhost", "https://osv.example"]
)
def test_an_address_that_can_be_asked(url: str) -> None:
    assert OsvApi(url).base_url == url
