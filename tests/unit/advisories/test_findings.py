"""Findings: identity by alias set, and how a version stands to them."""

from __future__ import annotations

from itertools import permutations

import pytest
from unit.advisories.records import DATABASE, advisory, affected, record, v

from runner.advisories.findings import Standing, merge, order

LOW = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}]
HIGH = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"}]
PYSEC = record(
    "PYSEC-2026-7",
    [{"introduced": "1"}, {"fixed": "3"}],
    aliases=["GHSA-aaaa-bbbb-cccc", "CVE-2026-10"],
    severity=LOW,
    database_specific={"cwe_ids": ["CWE-502", "CWE-79"]},
)
CVE = record("CVE-2026-10", [{"introduced": "1"}, {"last_affected": "2"}], severity=HIGH)
GHSA = record("GHSA-aaaa-bbbb-cccc", [{"introduced": "1"}, {"fixed": "4"}], aliases=["OTHER-1"])
OTHER = record("OTHER-1", [{"introduced": "9"}])
ALONE = record("CVE-2026-9", related=["CVE-2026-10"])


@pytest.mark.parametrize("records", list(permutations([PYSEC, CVE, GHSA, OTHER, ALONE])))
def test_records_that_share_names_are_one_finding(records: tuple[dict[str, object], ...]) -> None:
    alone, joined = merge(map(advisory, records), DATABASE)
    assert alone.names == {"CVE-2026-9"}
    assert joined.names == {"PYSEC-2026-7", "GHSA-aaaa-bbbb-cccc", "CVE-2026-10", "OTHER-1"}
    assert joined.id == "CVE-2026-10"
    assert len(joined.advisories) == 4


def test_a_finding_has_the_facts_of_all_its_advisories() -> None:
    (found,) = merge(map(advisory, (PYSEC, CVE, GHSA)), DATABASE)
    assert found.severity.word == "high"
    assert found.cwe == ("CWE-79", "CWE-502")
    assert found.fixed_versions == ("3", "4")
    assert found.database is DATABASE


def test_packages_are_kept_apart() -> None:
    other = record("CVE-2026-10", package="flask")
    found = merge([advisory(CVE), advisory(other, "flask")], DATABASE)
    assert [one.package for one in found] == ["flask", "mlflow"]


def test_a_finding_without_a_cve_has_its_own_id() -> None:
    (found,) = merge([advisory(record("GHSA-x", aliases=["OTHER-1"]))], DATABASE)
    assert found.id == "GHSA-x"


def test_ids_are_ordered_as_people_count() -> None:
    names = ["CVE-2026-115886", "CVE-2026-96775", "CVE-2025-1", "GHSA-2cm6-r77w", "CVE-2026-x"]
    assert sorted(names, key=order) == [
        "CVE-2025-1",
        "CVE-2026-96775",
        "CVE-2026-115886",
        "CVE-2026-x",
        "GHSA-2cm6-r77w",
    ]


@pytest.mark.parametrize(
    ("version", "standing", "fix"),
    [
        ("0.9", Standing.NOT_AFFECTED, ""),
        ("1", Standing.AFFECTED, "1.5"),
        ("1.5", Standing.FIXED, "1.5"),
        ("2", Standing.AFFECTED, "2.5"),
        ("3", Standing.FIXED, "2.5"),
        ("4", Standing.AFFECTED, ""),
        ("5.1", Standing.OUT_OF_RANGE, "2.5"),
    ],
)
def test_how_versions_stand(version: str, standing: Standing, fix: str) -> None:
    events = [{"introduced": "1"}, {"fixed": "1.5"}, {"introduced": "2"}, {"fixed": "2.5"}]
    events += [{"introduced": "4"}, {"last_affected": "5"}]
    (found,) = merge([advisory(record("A-1", events))], DATABASE)
    assert found.standing(v(version)) is standing
    assert found.fixed_in(v(version)) == fix


def test_a_list_that_leaves_a_version_out_does_not_clear_it() -> None:
    one = advisory(record(affected=[affected(versions=["3.10.1"])]))
    said = [one.standing(v(text)) for text in ("3.6.0", "3.10.1", "3.17.2")]
    assert said == [Standing.OUT_OF_RANGE, Standing.AFFECTED, Standing.OUT_OF_RANGE]


def test_a_version_listed_beside_the_range_is_not_fixed_by_it() -> None:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "2"}, {"fixed": "3"}]}]
    one = advisory(record(affected=[affected(ranges=ranges, versions=["1", "2.1"])]))
    assert one.standing(v("1")) is Standing.AFFECTED
    assert one.standing(v("3")) is Standing.OUT_OF_RANGE


def test_one_advisory_that_merely_stops_is_enough() -> None:
    (found,) = merge(map(advisory, (PYSEC, CVE)), DATABASE)
    assert found.standing(v("2.5")) is Standing.AFFECTED
    assert found.standing(v("5")) is Standing.OUT_OF_RANGE
    (fixed,) = merge(map(advisory, (PYSEC, GHSA)), DATABASE)
    assert fixed.standing(v("5")) is Standing.FIXED
    assert fixed.fixed_in(v("5")) == "4"
