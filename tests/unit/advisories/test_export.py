from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from unit.advisories.records import SNAPSHOT, affected, archive, folder, read, record, v

from runner.advisories.export.safety_db import ExportError, export, write
from runner.advisories.export.safety_format import Schema
from runner.advisories.files import DatabaseError
from runner.advisories.findings import Standing
from runner.advisories.osv import read_osv

FIXED = [{"introduced": "2.0"}, {"fixed": "3.9"}]
SPEC = ">=0.dev0,>=2.0,<=3.9,!=3.9"
SCHEMAS: tuple[Schema, ...] = (2, 3)


def load(path: Path, name: str = "insecure_full.json") -> Any:  # noqa: ANN401 - any JSON
    return json.loads((path / name).read_bytes())


def three(tmp_path: Path, *records: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the entries of mlflow in schema 3."""
    export(folder(tmp_path / "osv", *records), 3, tmp_path / "db")
    entries: list[dict[str, Any]] = load(tmp_path / "db")["vulnerable_packages"]["mlflow"]
    return entries


def test_schema_2_is_that_of_safety_2(tmp_path: Path) -> None:
    one = record(events=FIXED, aliases=["GHSA-1", "CVE-2026-1"], modified="2026-02-03T04:05:06Z")
    exported = export(folder(tmp_path / "osv", one), 2, tmp_path / "db")
    assert exported.packages == {"mlflow"}
    assert exported.entries == 1
    assert not exported.problems
    index, full = load(tmp_path / "db", "insecure.json"), load(tmp_path / "db")
    assert index["mlflow"] == [SPEC]
    assert index.keys() == full.keys() == {"$meta", "mlflow"}
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert index["$meta"]["timestamp"] == full["$meta"]["timestamp"] == moment.timestamp()
    entry = full["mlflow"][0]
    assert (entry["id"], entry["cve"], entry["specs"]) == ("PYSEC-1", "CVE-2026-1", [SPEC])
    assert entry["advisory"] == "CVE-2026-1, GHSA-1, PYSEC-1"
    assert entry["fixed_versions"] == ["3.9"]


def test_schema_3_is_that_of_safety_3(tmp_path: Path) -> None:
    entry = three(tmp_path, record(events=FIXED, aliases=["CVE-2026-1"]))[0]
    index = load(tmp_path / "db", "insecure.json")
    assert index["vulnerable_packages"] == {"mlflow": [SPEC]}
    assert index["meta"]["schema_version"] == "2.0.0"
    assert entry["ids"] == [{"type": "pyup", "id": "PYSEC-1"}, {"type": "cve", "id": "CVE-2026-1"}]


def test_a_flaw_without_a_cve_keeps_its_own_name(tmp_path: Path) -> None:
    entry = three(tmp_path, record(events=FIXED))[0]
    assert entry["ids"][1] == {"type": "pve", "id": "PYSEC-1"}


def test_records_that_are_aliases_are_one_entry(tmp_path: Path) -> None:
    entries = three(
        tmp_path,
        record("PYSEC-1", FIXED, aliases=["CVE-2026-1"]),
        record("GHSA-1", [{"introduced": "0"}, {"last_affected": "1.0"}], aliases=["PYSEC-1"]),
    )
    assert [one["specs"] for one in entries] == [[">=0.dev0,<=1.0", SPEC]]


def test_several_ranges_and_listed_versions_are_all_told(tmp_path: Path) -> None:
    ranges = [{"type": "ECOSYSTEM", "events": FIXED}, {"type": "GIT", "events": []}]
    both = [affected(ranges=ranges, versions=["1.0", "1.0rc1"]), affected(versions=["0.9"])]
    assert three(tmp_path, record(affected=both))[0]["specs"] == [
        SPEC,
        *("==0.9", "==1.0rc1", "==1.0"),
    ]


def test_the_highest_severity_of_a_name_is_told(tmp_path: Path) -> None:
    low, high = (
        "CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N",
        "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
    )
    records = [
        record(
            f"PYSEC-{number}",
            FIXED,
            package,
            aliases=["CVE-2026-1"],
            severity=[{"type": "CVSS_V3", "score": one}],
        )
        for number, (package, one) in enumerate([("a", low), ("mlflow", high), ("z", low)])
    ]
    three(tmp_path, *records, record("PYSEC-9"))
    told = load(tmp_path / "db")["meta"]["severities"]
    cvss = {"base_score": 9.8, "base_severity": "CRITICAL", "vector_string": high}
    assert told == {"CVE-2026-1": {"cvssv2": None, "cvssv3": cvss}}


def test_withdrawn_records_are_left_out(tmp_path: Path) -> None:
    gone = record("PYSEC-2", withdrawn="2026-01-02T00:00:00Z")
    assert [one["ids"][0]["id"] for one in three(tmp_path, record(), gone)] == ["PYSEC-1"]


def test_a_package_whose_records_are_all_withdrawn_is_known(tmp_path: Path) -> None:
    gone = record("PYSEC-2", package="flask", withdrawn="2026-01-02T00:00:00Z")
    exported = export(folder(tmp_path / "osv", record(), gone), 3, tmp_path / "db")
    assert exported.packages == {"flask", "mlflow"}
    assert load(tmp_path / "db", "insecure.json")["vulnerable_packages"]["flask"] == []


def test_what_cannot_be_said_or_read_is_named(tmp_path: Path) -> None:
    local = record("PYSEC-2", [{"introduced": "0"}, {"fixed": "3.9+corp"}])
    exported = export(folder(tmp_path / "osv", record(), local, b"{"), 3, tmp_path / "db")
    told = {one.file: (one.reason, one.packages) for one in exported.problems}
    assert told["1.json"][0].startswith("PYSEC-2: 3.9+corp has a local part")
    assert told["1.json"][1] == frozenset({"mlflow"})
    assert told["2.json"][1] is None
    assert exported.entries == 1


@pytest.mark.parametrize("schema", SCHEMAS)
def test_the_snapshot_means_the_same(tmp_path: Path, schema: Schema) -> None:
    exported = export(SNAPSHOT, schema, tmp_path)
    assert not exported.problems
    full = load(tmp_path)
    packages = full["vulnerable_packages"] if schema == 3 else full
    reading = read_osv(SNAPSHOT, exported.packages)
    findings = reading.findings()
    assert exported.entries == len(findings)
    for text in ("2.0.1", "3.1.3", "3.6.0", "3.6.0rc1", "3.9.0rc0", "3.9.0", "3.17.2", "3.6.0+x"):
        for package in exported.packages:
            said = {
                frozenset(one["advisory"].split(", "))
                for one in packages[package]
                if any(SpecifierSet(spec).contains(text) for spec in one["specs"])
            }
            assert said == {
                one.names
                for one in findings
                if one.package == package and one.standing(v(text)) is Standing.AFFECTED
            }


@pytest.mark.parametrize("schema", SCHEMAS)
def test_both_files_name_the_same_versions_once(tmp_path: Path, schema: Schema) -> None:
    export(SNAPSHOT, schema, tmp_path)
    index, full = load(tmp_path, "insecure.json"), load(tmp_path)
    index, full = (one.get("vulnerable_packages", one) for one in (index, full))
    for package in index.keys() - {"$meta"}:
        assert len(set(index[package])) == len(index[package])
        assert set(index[package]) == {spec for one in full[package] for spec in one["specs"]}


def test_the_same_facts_are_the_same_bytes(tmp_path: Path) -> None:
    first, second = record("PYSEC-1", FIXED), record("PYSEC-2", package="flask")
    export(folder(tmp_path / "osv", first, second), 3, tmp_path / "a")
    zipped = {"z.json": json.dumps(first).encode(), "a.json": json.dumps(second).encode()}
    export(archive(tmp_path / "osv.zip", zipped), 3, tmp_path / "b")
    for name in ("insecure.json", "insecure_full.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()
    assert len(list((tmp_path / "a").iterdir())) == 2


@pytest.mark.parametrize("schema", SCHEMAS)
def test_an_older_database_is_replaced(tmp_path: Path, schema: Schema) -> None:
    export(folder(tmp_path / "old", record("PYSEC-1")), schema, tmp_path / "db")
    export(folder(tmp_path / "new", record("PYSEC-2")), 2, tmp_path / "db")
    assert load(tmp_path / "db")["mlflow"][0]["id"] == "PYSEC-2"


@pytest.mark.parametrize("content", [b"{}", b"[]", b'{"meta": 1}', b"not JSON", b"\xff"])
def test_what_is_no_such_database_is_not_overwritten(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "insecure.json").write_bytes(content)
    with pytest.raises(ExportError, match="is no safety database"):
        export(SNAPSHOT, 3, tmp_path)
    assert (tmp_path / "insecure.json").read_bytes() == content
    assert not (tmp_path / "insecure_full.json").exists()


def test_a_dangling_link_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "insecure.json").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ExportError, match="is no safety database"):
        export(SNAPSHOT, 3, tmp_path)


def test_nothing_to_export_is_an_error(tmp_path: Path) -> None:
    gone = record(withdrawn="2026-01-02T00:00:00Z")
    with pytest.raises(ExportError, match="no advisory of a Python package"):
        export(folder(tmp_path / "osv", gone), 3, tmp_path / "db")
    assert not (tmp_path / "db").exists()
    with pytest.raises(DatabaseError, match="is empty"):
        export(folder(tmp_path / "none"), 3, tmp_path / "db")


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ExportError, match="cannot write"):
        export(SNAPSHOT, 3, tmp_path / "file" / "db")


def test_a_full_disk_leaves_the_old_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(folder(tmp_path / "osv", record()), 3, tmp_path / "db")
    before = (tmp_path / "db" / "insecure_full.json").read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fdatasync" if hasattr(os, "fdatasync") else "os.fsync", full)
    with pytest.raises(ExportError, match="No space left"):
        export(SNAPSHOT, 3, tmp_path / "db")
    assert (tmp_path / "db" / "insecure_full.json").read_bytes() == before
    assert len(list((tmp_path / "db").iterdir())) == 2


def test_reading_a_package_alone_writes_it_alone(tmp_path: Path) -> None:
    reading = read(SNAPSHOT, "mlflow", "nothing")
    assert write(reading, ("mlflow", "nothing"), 3, tmp_path).packages == {"mlflow"}
