"""Snapshots as JSON, and back."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from unit.advisories.records import v
from unit.advisories.snapshots import HIGH, LOW, real, report, scan, snapshot, span_of, told

from runner.advisories.comparison import compare
from runner.advisories.findings import Advisory, Database
from runner.advisories.inventory import Component, Inventory, Method
from runner.advisories.safety_document import SnapshotError, decode, encode, schema
from runner.advisories.severity import UNRATED
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Problem, Report
from runner.advisories.versions import Interval, Word
from runner.advisories.vulnerabilities import combine

SCAN = snapshot(
    report(
        "osv",
        told("PYSEC-1", "CVE-2026-1", events=span_of("3", fixed="3.7")),
        skipped={"flask": "not in the database"},
        problems=(Problem("1.json", "not JSON"), Problem("2.json", "odd", ("flask",))),
    ),
    report("safety", complete=False),
    mlflow="3.6.0",
    flask="2.0",
)

TEXT = st.text(st.characters(codec="utf-8"), max_size=5)
NAMES = st.sampled_from(["mlflow", "flask", "click"])
VERSIONS = st.sampled_from(["0", "0.1rc1", "1.0", "1!2.0.post1", "3.6.0+corp"]).map(v)
ENDS = st.sampled_from([Word.FIXED, Word.LAST_AFFECTED, Word.LIMIT])
INTERVALS = st.one_of(
    st.builds(Interval, st.none() | VERSIONS, st.none(), st.none()),
    st.builds(Interval, st.none() | VERSIONS, VERSIONS, ENDS),
)
ADVISORIES = st.builds(
    Advisory,
    id=TEXT,
    package=NAMES,
    aliases=st.lists(TEXT, max_size=2).map(tuple),
    intervals=st.lists(INTERVALS, max_size=2).map(tuple),
    versions=st.frozensets(VERSIONS, max_size=2),
    severity=st.sampled_from([UNRATED, LOW, HIGH]),
    cwe=st.lists(st.sampled_from(["CWE-22", "CWE-79"]), max_size=2).map(tuple),
    published=TEXT,
    modified=TEXT,
    withdrawn=TEXT,
    references=st.lists(TEXT, max_size=2).map(tuple),
    source=TEXT,
)
REPORTS = st.builds(
    Report,
    source=TEXT,
    tool=TEXT,
    database=st.builds(Database, TEXT, TEXT, TEXT, TEXT, st.integers(0, 9)),
    advisories=st.lists(ADVISORIES, max_size=3).map(tuple),
    audited=st.lists(NAMES, max_size=2).map(tuple),
    skipped=st.dictionaries(NAMES, TEXT, max_size=2),
    complete=st.booleans(),
    problems=st.lists(
        st.builds(Problem, TEXT, TEXT, st.none() | st.lists(NAMES, max_size=2).map(tuple)),
        max_size=2,
    ).map(tuple),
)
METHODS: list[Method] = ["lock", "environment", "resolved"]
COMPONENTS = st.lists(
    st.builds(Component, NAMES, VERSIONS.map(str)), max_size=3, unique_by=lambda one: one.name
)
SNAPSHOTS = st.builds(
    Snapshot,
    package=NAMES,
    version=VERSIONS.map(str),
    taken=st.datetimes(timezones=st.timezones()).map(lambda at: at.isoformat()),
    commit=TEXT,
    inventory=st.builds(
        Inventory, TEXT, st.sampled_from(METHODS), COMPONENTS.map(tuple), TEXT, TEXT, TEXT, TEXT
    ),
    reports=st.lists(REPORTS, min_size=1, max_size=2, unique_by=lambda one: one.source).map(tuple),
)


@given(SNAPSHOTS)
def test_nothing_is_lost_on_the_way(scanned: Snapshot) -> None:
    data = encode(scanned)
    back = decode(data)
    assert back == scanned
    assert encode(back) == data
    assert combine(back) == combine(scanned)
    Draft202012Validator(schema()).validate(json.loads(data))


def test_real_scans_compare_the_same_after_a_round_trip() -> None:
    before, after = real("3.6.0"), real("3.17.2")
    assert compare(decode(encode(before)), decode(encode(after))) == compare(before, after)


def test_a_real_scan_fits_the_schema() -> None:
    Draft202012Validator.check_schema(schema())
    document = json.loads(encode(real("3.6.0")))
    Draft202012Validator(schema()).validate(document)
    assert len(document["vulnerabilities"]) == 28


def test_the_same_facts_give_the_same_bytes() -> None:
    first = replace(SCAN.reports[0], skipped={"flask": "a", "click": "b"})
    second = replace(SCAN.reports[0], skipped={"click": "b", "flask": "a"})
    assert encode(snapshot(first)) == encode(snapshot(second))


def test_people_can_read_it() -> None:
    document = json.loads(encode(SCAN))
    assert list(document) == [
        "format",
        "package",
        "version",
        "taken",
        "commit",
        "inventory",
        "vulnerabilities",
        "reports",
    ]
    (one,) = document["vulnerabilities"]
    ranges = [{"introduced": "3", "fixed": "3.7"}]
    assert one == {
        "package": "mlflow",
        "version": "3.6.0",
        "id": "CVE-2026-1",
        "aliases": ["PYSEC-1"],
        "severity": {"word": "high", "score": 7.5, "vector": HIGH.vector},
        "cwe_ids": [],
        "fixed": ["3.7"],
        "affected_by": {
            "osv": [{"id": "PYSEC-1", "ranges": ranges, "versions": [], "withdrawn": None}]
        },
        "silent": {"safety": []},
    }
    assert encode(SCAN).endswith(b"\n}\n")


def refusal(data: bytes) -> str:
    with pytest.raises(SnapshotError) as caught:
        decode(data, "safety-before.json")
    assert "take the scan anew" in caught.value.hint
    assert caught.value.message.startswith("safety-before.json cannot be used: ")
    return caught.value.message.removeprefix("safety-before.json cannot be used: ")


def changed(change: Callable[[Any], None]) -> bytes:
    document = json.loads(encode(SCAN))
    change(document)
    return json.dumps(document).encode()


def put(*path: str | int, value: object) -> Callable[[Any], None]:
    def change(document: Any) -> None:  # noqa: ANN401 - any JSON
        for key in path[:-1]:
            document = document[key]
        document[path[-1]] = value

    return change


@pytest.mark.parametrize("size", [0, 1, 40, 400, -3])
def test_a_document_that_was_cut_is_refused(size: int) -> None:
    assert refusal(encode(SCAN)[:size]) == "Input data was truncated"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "invalid"),
        (b'{"more": ' + b"[" * 100_000, "it is nested too deeply"),
        (b"[]", "Expected `object`"),
        (b'{"report_meta": {}, "vulnerabilities": []}', "missing required field `format`"),
        (b'{"format": "upgrade-runner/safety/2"}', "'upgrade-runner/safety/2', and 'upgrade-"),
        (b'{"format": "upgrade-runner/safety/1"}', "missing required field `package`"),
        (encode(SCAN) + b"{}", "trailing"),
    ],
)
def test_what_is_no_such_document_is_refused(data: bytes, reason: str) -> None:
    assert reason in refusal(data)


def drop(key: str) -> Callable[[Any], None]:
    def change(document: Any) -> None:  # noqa: ANN401 - any JSON
        del document[key]

    return change


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put("more", value=1), "unknown field `more`"),
        (put("reports", 0, "more", value=1), "unknown field `more`"),
        (drop("reports"), "missing required field `reports`"),
        (put("reports", value=[]), "length >= 1"),
        (put("reports", 0, "complete", value="yes"), "Expected `bool`"),
        (put("reports", 0, "tool", value=""), "length >= 1"),
        (put("reports", 1, "source", value="osv"), "a source stands twice in osv, osv"),
        (put("taken", value="yesterday"), "'yesterday' is no moment with an offset"),
        (put("taken", value="2026-06-01T12:00:00"), "is no moment with an offset"),
        (put("package", value="MLflow"), "'MLflow' is not normalised"),
        (put("version", value="3.6.0-1"), "'3.6.0-1' is not normalised"),
        (put("version", value="new"), "'new' is not a version"),
        (put("inventory", "method", value="guess"), "Invalid enum value 'guess'"),
        (put("inventory", "components", 0, "name", value="mlflow"), "a package stands twice"),
        (put("vulnerabilities", value=[]), "what it lists is not what its reports"),
        (put("vulnerabilities", 0, "fixed", value=["3.6"]), "what it lists is not what its"),
        (
            put("reports", 0, "advisories", 0, "ranges", 0, "limit", value="4"),
            "a range has more than one end",
        ),
        (
            put("reports", 0, "advisories", 0, "ranges", 0, "fixed", value=""),
            "'' is not a version",
        ),
        (put("reports", 0, "advisories", 0, "severity", "score", value=11), "<= 10"),
        (put("reports", 0, "advisories", 0, "severity", "word", value="bad"), "Invalid enum"),
    ],
)
def test_what_does_not_fit_is_refused(change: Callable[[Any], None], reason: str) -> None:
    assert reason in refusal(changed(change))


def test_a_range_before_all_versions_is_not_one_from_version_zero() -> None:
    first = replace(told("A-1"), intervals=(Interval(None, None, None),))
    second = replace(told("A-2"), intervals=(Interval(v("0"), None, None),))
    back = decode(encode(scan(first, second, version="0.dev1")))
    assert [one.id for one in combine(back)] == ["A-1"]
