"""The same flaw in several sources."""

from __future__ import annotations

import subprocess
import sys

import pytest
from support.shared import shared
from unit.advisories.snapshots import HIGH, LOW, real, report, scan, snapshot, span_of, told

from runner.advisories.severity import UNRATED
from runner.advisories.vulnerabilities import Vulnerability, combine


def only(found: tuple[Vulnerability, ...]) -> Vulnerability:
    (one,) = found
    return one


def test_a_finding_is_a_vulnerability() -> None:
    one = only(combine(scan(told("PYSEC-1", "CVE-2026-1", events=span_of("3", fixed="3.7")))))
    assert (one.package, one.version, one.id) == ("mlflow", "3.6.0", "CVE-2026-1")
    assert one.names == {"PYSEC-1", "CVE-2026-1"}
    assert (one.fixed_versions, one.fixed_in) == (("3.7",), "3.7")
    assert not one.disagrees


def test_what_does_not_affect_the_version_is_none() -> None:
    assert combine(scan(told("PYSEC-1", events=span_of("3", fixed="3.5")))) == ()


def test_a_withdrawn_advisory_is_none_and_joins_nothing() -> None:
    withdrawn = told("W-1", "A-1", "B-1", withdrawn="2026-01-02T00:00:00Z")
    found = combine(scan(withdrawn, told("A-1"), told("B-1")))
    assert [one.id for one in found] == ["A-1", "B-1"]
    assert [one.names for one in found] == [{"A-1"}, {"B-1"}]
    assert combine(scan(withdrawn)) == ()


def test_sources_that_share_a_name_tell_one_vulnerability() -> None:
    safety = report("safety", told("77", "CVE-2026-1", severity=LOW), complete=False)
    osv = report("osv", told("GHSA-1", "CVE-2026-1", severity=HIGH))
    one = only(combine(snapshot(safety, osv)))
    assert list(one.findings) == ["safety", "osv"]
    assert one.names == {"77", "GHSA-1", "CVE-2026-1"}
    assert one.severity == HIGH


def test_names_join_over_several_steps_whatever_the_order() -> None:
    chain = [told("A-1", "A-2"), told("A-3", "A-4"), told("A-2", "A-3"), told("A-5")]
    for advisories in (chain, chain[::-1]):
        found = combine(scan(*advisories))
        assert {one.names for one in found} == {
            frozenset({"A-1", "A-2", "A-3", "A-4"}),
            frozenset({"A-5"}),
        }


def test_one_source_may_join_what_another_holds_apart() -> None:
    apart = report("osv", told("A-1"), told("A-2"))
    joined = report("safety", told("77", "A-1", "A-2"))
    one = only(combine(snapshot(apart, joined)))
    assert [advisory.id for advisory in one.findings["osv"].advisories] == ["A-1", "A-2"]


def test_packages_are_held_apart() -> None:
    advisories = (told("A-1"), told("A-1", package="flask"))
    found = combine(
        snapshot(report("osv", *advisories, audited=("mlflow", "flask")), mlflow="1", flask="2")
    )
    assert [(one.package, one.version) for one in found] == [("flask", "2"), ("mlflow", "1")]
    assert not found[0].is_same_as(found[1])


def test_a_source_that_names_another_range_disagrees_and_is_shown() -> None:
    here = told("GHSA-1", "CVE-2026-1", events=span_of("3", fixed="3.7"))
    there = told("PYSEC-1", "CVE-2026-1", events=span_of("3", fixed="3.5"), severity=LOW)
    one = only(combine(snapshot(report("safety", here), report("osv", there))))
    assert one.disagrees
    assert one.findings["safety"].advisories == (here,)
    assert one.silent == {"osv": (there,)}
    assert one.names == {"GHSA-1", "PYSEC-1", "CVE-2026-1"}
    assert one.fixed_versions == ("3.7",)


def test_a_source_that_looked_and_says_nothing_disagrees() -> None:
    found = combine(snapshot(report("safety", told("A-1")), report("osv")))
    assert only(found).silent == {"osv": ()}


def test_a_source_that_withdrew_it_disagrees_and_says_so() -> None:
    withdrawn = told("A-1", withdrawn="2026-01-02T00:00:00Z")
    found = combine(snapshot(report("safety", told("A-1")), report("osv", withdrawn)))
    assert only(found).silent == {"osv": (withdrawn,)}


def test_a_source_that_did_not_look_does_not_disagree() -> None:
    blind = report("pip-audit", audited=(), skipped={"mlflow": "not on the index"})
    one = only(combine(snapshot(report("osv", told("A-1")), blind)))
    assert one.silent == {}


def test_what_a_source_tells_counts_where_it_says_that_it_did_not_look() -> None:
    odd = report("osv", told("A-1"), audited=(), skipped={"mlflow": "odd"})
    assert only(combine(snapshot(odd))).id == "A-1"


def test_what_such_a_source_says_of_other_versions_is_shown() -> None:
    other = told("A-1", events=span_of("4"))
    odd = report("osv", other, audited=(), skipped={"mlflow": "odd"})
    assert only(combine(snapshot(report("safety", told("A-1")), odd))).silent == {"osv": (other,)}


def test_the_id_is_a_cve_id_of_any_source() -> None:
    here, there = told("77", "A-1"), told("A-1", "CVE-2026-2", events=span_of("4"))
    assert only(combine(snapshot(report("a", here), report("b", there)))).id == "CVE-2026-2"


def test_the_fix_is_the_latest_of_the_next_ones() -> None:
    here = told("A-1", events=span_of("3", fixed="3.10"))
    there = told("A-1", events=span_of("3", fixed="3.9"))
    one = only(combine(snapshot(report("a", here), report("b", there))))
    assert (one.fixed_versions, one.fixed_in) == (("3.9", "3.10"), "3.10")
    assert only(combine(scan(told("A-1")))).fixed_in == ""


def test_the_worst_comes_first_and_the_unrated_last() -> None:
    advisories = (
        told("A-1", severity=UNRATED),
        told("A-2", severity=LOW),
        told("A-10", severity=HIGH),
        told("A-9", severity=HIGH),
    )
    assert [one.id for one in combine(scan(*advisories))] == ["A-9", "A-10", "A-2", "A-1"]


def test_weaknesses_stand_once() -> None:
    specific = {"cwe_ids": ["CWE-79", "CWE-22"]}
    advisories = [told(name, "C-1", database_specific=specific) for name in ("A-1", "B-1")]
    assert only(combine(scan(*advisories))).cwe == ("CWE-22", "CWE-79")


def test_a_source_may_stand_once_only() -> None:
    with pytest.raises(ValueError, match="a source stands twice in osv, osv"):
        combine(snapshot(report(), report()))


@pytest.mark.parametrize("version", ["2.14.1", "3.6.0", "3.11.1", "3.17.2"])
def test_real_findings_equal_the_independent_evaluation(version: str) -> None:
    argv = [sys.executable, str(shared("advisories/affected.py")), "mlflow", version]
    told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
    _, _, count, *names = told.split()
    found = combine(real(version))
    assert sorted(one.id for one in found) == sorted(names)
    assert len(found) == int(count)
