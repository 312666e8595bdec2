"""The snapshot of this repository, held against the facts it was taken from."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache

import pytest
from support.shared import shared
from unit.advisories.records import SNAPSHOT, v

from runner.advisories.findings import Standing
from runner.advisories.gone import Gone, Reason, gone
from runner.advisories.matrix import make_matrix
from runner.advisories.osv import Reading, read_osv
from runner.advisories.severity import UNKNOWN

COUNTS = {
    "mlflow": {
        "0.8.0": 70,
        "1.20.0": 74,
        "2.9.0": 70,
        "2.14.1": 46,
        "3.0.0": 32,
        "3.6.0": 28,
        "3.10.1": 17,
        "3.11.0rc0": 11,
        "3.11.1": 9,
        "3.15.0": 5,
        "3.17.2": 1,
        "3.18.0": 1,
    },
    "aiohttp": {"3.8.0": 0},
    "cryptography": {"41.0.0": 2, "45.0.0": 4, "50.0.0": 0},
    "python_dotenv": {"1.0.0": 1},
    "Werkzeug": {"2.2.0": 3, "3.1.5": 1},
    "urllib3": {"1.26.0": 4, "2.6.3": 1},
    "starlette": {"0.27.0": 2, "1.0.1": 1},
}
"""Package and version to the number of advisories, as the independent evaluation has it."""


@cache
def snapshot(package: str = "mlflow") -> Reading:
    return read_osv(SNAPSHOT, (package,))


def ids(package: str, version: str) -> list[str]:
    name = package.lower().replace("_", "-")
    return sorted(row.finding.id for row in make_matrix(snapshot(name), name, [v(version)]).rows)


@pytest.mark.parametrize("package", COUNTS)
def test_findings_equal_the_independent_evaluation(package: str) -> None:
    versions = list(COUNTS[package])
    argv = [sys.executable, str(shared("advisories/affected.py")), package, *versions]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    for version, line in zip(versions, told.splitlines(), strict=True):
        _, _, count, *names = line.split()
        assert ids(package, version) == sorted(names), version
        assert int(count) == len(names)


@pytest.mark.parametrize(
    ("package", "version", "count"),
    [
        (package, version, count)
        for package, counts in COUNTS.items()
        for version, count in counts.items()
    ],
)
def test_counts_that_were_written_down(package: str, version: str, count: int) -> None:
    assert len(ids(package, version)) == count


def test_the_snapshot_is_what_was_handed_over() -> None:
    given = {path.name: path.read_bytes() for path in shared("advisories/osv").iterdir()}
    assert len(given) == 124
    here = {path.name: path.read_bytes() for path in (SNAPSHOT / "osv").iterdir()}
    assert here == given


def test_the_snapshot_holds_facts_and_no_prose() -> None:
    for path in (SNAPSHOT / "osv").iterdir():
        data = json.loads(path.read_bytes())
        assert data["id"] == path.stem
        assert not {"summary", "details", "credits"} & set(data), path.name


def test_every_record_can_be_read_for_every_package() -> None:
    known = snapshot().known
    assert len(known) == 17
    reading = read_osv(SNAPSHOT, known)
    assert reading.problems == ()
    assert reading.database.records == 124
    assert reading.database.timestamp == "2026-11-22T00:00:00Z"
    rated = [one for one in reading.advisories if one.severity.vector]
    assert len(rated) > 100
    assert all(one.severity.word != UNKNOWN for one in rated)


def test_only_one_finding_is_left_in_3_17_2() -> None:
    assert ids("mlflow", "3.17.2") == ["CVE-2026-96775"]


def explain(before: str, after: str) -> dict[str, Gone]:
    reading = snapshot()
    told = {}
    for finding in reading.findings():
        if finding.standing(v(before)) is Standing.AFFECTED:
            reason = gone(finding, v(before), v(after), reading.advisories)
            if reason is not None:
                told[finding.id] = reason
    return told


def test_each_of_the_28_but_one_is_explained() -> None:
    told = explain("3.6.0", "3.17.2")
    assert len(told) == 27
    stopped = {name for name, one in told.items() if one.reason is Reason.OUT_OF_RANGE}
    assert stopped == {"CVE-2025-15381", "CVE-2026-0545", "CVE-2026-53995"}
    assert {one.reason for one in told.values()} == {Reason.FIXED, Reason.OUT_OF_RANGE}
    assert told["CVE-2025-15379"].detail == "fixed in 3.8.1"


PICKLES = [f"CVE-2024-{number}" for number in range(37052, 37062)]


@pytest.mark.parametrize("version", ["2.14.2", "2.15.0", "3.4.1", "3.6.0", "3.9.0", "3.17.2"])
def test_flaws_without_a_fix_are_never_called_fixed(version: str) -> None:
    told = explain("2.13.0", version)
    assert "CVE-2024-37052" in told
    for name in set(PICKLES) & set(told):
        assert told[name].reason is Reason.OUT_OF_RANGE
        assert "names no fix" in told[name].detail
    standings = {one.id: one.standing(v(version)) for one in snapshot().findings()}
    assert set(PICKLES) <= set(standings)
    assert all(standings[name] is not Standing.FIXED for name in PICKLES)


def test_absence_from_a_list_is_no_fix() -> None:
    told = explain("3.10.1", "3.17.2")
    listed = [f"CVE-2026-{number}" for number in range(118623, 118629)]
    assert {told[name].reason for name in listed if name in told} == {Reason.OUT_OF_RANGE}


def test_a_withdrawn_advisory_is_called_withdrawn() -> None:
    withdrawn = [one for one in snapshot("aiohttp").advisories if one.withdrawn]
    assert [one.id for one in withdrawn] == ["PYSEC-2022-43059"]
    assert snapshot("aiohttp").findings() == ()
