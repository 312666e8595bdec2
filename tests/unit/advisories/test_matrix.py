"""The matrix of advisories and versions, and its machine form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from unit.advisories.records import folder, read, record, v

from runner.advisories.document import as_document
from runner.advisories.files import DatabaseError
from runner.advisories.findings import Standing
from runner.advisories.matrix import Matrix, make_matrix
from runner.errors import ExitCode

HIGH = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}]
RECORDS = (
    record("CVE-2026-2", [{"introduced": "0"}, {"last_affected": "1"}]),
    record("CVE-2026-10", [{"introduced": "2"}, {"fixed": "3"}]),
    record(
        "PYSEC-1",
        [{"introduced": "0"}, {"fixed": "2"}],
        aliases=["CVE-2026-3", "GHSA-1"],
        severity=HIGH,
        published="2025-01-01T00:00:00Z",
        references=[{"type": "WEB", "url": "https://example.org/1"}] * 2,
        database_specific={"cwe_ids": ["CWE-79"]},
    ),
    record("CVE-2026-4", [{"introduced": "9"}]),
    record("CVE-2026-5", withdrawn="2026-01-02T00:00:00Z"),
)


def matrix(path: Path, *versions: str, records: tuple[Any, ...] = RECORDS) -> Matrix:
    return make_matrix(read(folder(path / "db", *records)), "mlflow", list(map(v, versions)))


def test_rows_are_findings_that_affect_a_version_the_worst_first(tmp_path: Path) -> None:
    found = matrix(tmp_path, "1.0", "2", "1")
    assert found.versions == ("1.0", "2")
    assert found.considered == 4
    said = {row.finding.id: [str(cell.standing) for cell in row.cells] for row in found.rows}
    assert list(said.items()) == [
        ("CVE-2026-3", ["affected", "fixed"]),
        ("CVE-2026-2", ["affected", "out of range"]),
        ("CVE-2026-10", ["not affected", "affected"]),
    ]
    assert [total[Standing.AFFECTED] for total in found.totals()] == [2, 1]


def test_nothing_affecting_still_has_totals(tmp_path: Path) -> None:
    found = matrix(tmp_path, "3", "4")
    assert found.rows == ()
    assert [sum(total.values()) for total in found.totals()] == [0, 0]
    assert found.considered == 4


def test_the_machine_form(tmp_path: Path) -> None:
    document = as_document(matrix(tmp_path, "1", "2", records=(*RECORDS, record("X", package="y"))))
    assert document["format"] == "upgrade-runner/advisory-matrix/1"
    assert document["versions"] == ["1", "2"]
    assert document["totals"] == {
        "1": {"affected": 2, "fixed": 0, "out of range": 0, "not affected": 1},
        "2": {"affected": 1, "fixed": 1, "out of range": 1, "not affected": 0},
    }
    assert isinstance(document["findings"], list)
    assert document["findings"][0] == {
        "id": "CVE-2026-3",
        "aliases": ["GHSA-1", "PYSEC-1"],
        "severity": {"word": "high", "score": 8.8, "vector": HIGH[0]["score"]},
        "cwe_ids": ["CWE-79"],
        "fixed": ["2"],
        "published": "2025-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
        "references": ["https://example.org/1"],
        "records": ["2.json"],
        "versions": {
            "1": {"standing": "affected", "fixed_in": "2"},
            "2": {"standing": "fixed", "fixed_in": "2"},
        },
    }
    assert document["findings"][1]["versions"]["2"] == {
        "standing": "out of range",
        "fixed_in": None,
    }
    assert document["findings"][1]["published"] is None


def test_a_record_that_may_be_about_the_package_leaves_it_undecided(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="1 record that may be about mlflow") as caught:
        matrix(tmp_path, "1", records=(*RECORDS, b"{"))
    assert "\n  5.json: not JSON" in caught.value.message
    assert caught.value.exit_code == ExitCode.ERRORED


def test_many_such_records_are_counted(tmp_path: Path) -> None:
    broken = [record(f"B-{n}", [{"introduced": "x"}]) for n in range(12)]
    with pytest.raises(DatabaseError, match="12 records that may be") as caught:
        matrix(tmp_path, "1", records=tuple(broken + list(RECORDS)))
    assert caught.value.message.endswith("… and 2 more")


def test_problems_of_other_packages_are_told(tmp_path: Path) -> None:
    found = matrix(tmp_path, "1", records=(*RECORDS, record("X", [{"fixed": "1"}], "flask")))
    assert found.problems == ()  # flask was not asked for, so its record was not evaluated
    other = record("X", package="flask", modified="2026-01-01T00:00:00Z")
    double = record("X", [{"introduced": "1"}], "flask")
    found = matrix(tmp_path / "db", "1", records=(*RECORDS, other, double))
    assert [one.file for one in found.problems] == ["6.json"]
    assert as_document(found)["problems"] == [
        {"file": "6.json", "reason": found.problems[0].reason},
    ]


def test_of_a_package_without_records_nothing_can_be_said(tmp_path: Path) -> None:
    reading = read(folder(tmp_path / "db", *RECORDS), "mlfow")
    with pytest.raises(DatabaseError, match="has no record of mlfow, so nothing can be said"):
        make_matrix(reading, "mlfow", [v("1")])


def test_a_package_with_withdrawn_records_only_is_known(tmp_path: Path) -> None:
    found = matrix(tmp_path, "1", records=(RECORDS[-1],))
    assert (found.rows, found.considered) == ((), 0)
