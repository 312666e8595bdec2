"""What an upgrade changed: new, remaining and gone."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.shared import shared
from unit.advisories.snapshots import real, report, scan, snapshot, span_of, told

from runner.advisories.appeared import Cause, NewVulnerability
from runner.advisories.comparison import ComparisonError, compare
from runner.advisories.findings import Advisory
from runner.advisories.gone import Reason
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Problem
from runner.advisories.vanished import GoneVulnerability
from runner.advisories.vulnerabilities import combine

FIXED = told("A-1", "CVE-2026-1", events=span_of("3", fixed="3.7"))
STOPS = told("B-1", "CVE-2026-1", events=span_of("3", last_affected="3.6.0"))
OPEN = told("C-1", "CVE-2026-1")
LATER = "2026-09-01T00:00:00Z"


def only_gone(before: Snapshot, after: Snapshot) -> GoneVulnerability:
    (one,) = compare(before, after).gone
    return one


def only_new(before: Snapshot, after: Snapshot) -> NewVulnerability:
    (one,) = compare(before, after).new
    return one


def why(before: Snapshot, after: Snapshot) -> str:
    one = only_gone(before, after)
    return f"{one.reason}: {one.detail}"


def after(*advisories: Advisory, complete: bool = True) -> Snapshot:
    return scan(*advisories, version="3.9", complete=complete)


class TestIdentity:
    def test_another_name_of_the_same_flaw_remains(self) -> None:
        renamed = told("GHSA-9", "CVE-2026-1")
        found = compare(scan(OPEN), after(renamed))
        assert (found.new, found.gone) == ((), ())
        assert [(one.before.version, one.after.version) for one in found.remaining] == [
            ("3.6.0", "3.9")
        ]

    def test_the_same_name_in_another_package_is_another_flaw(self) -> None:
        before = snapshot(
            report("osv", told("A-1", package="flask"), audited=("flask",)), flask="1"
        )
        found = compare(before, scan(told("A-1")))
        assert (len(found.new), len(found.remaining), len(found.gone)) == (1, 0, 1)

    def test_several_that_became_one_remain(self) -> None:
        found = compare(scan(told("A-1"), told("A-2")), after(told("A-3", "A-1", "A-2")))
        assert (found.new, len(found.remaining), found.gone) == ((), 2, ())

    def test_snapshots_of_different_packages_are_refused(self) -> None:
        with pytest.raises(ComparisonError, match="for flask cannot be compared") as caught:
            compare(replace(scan(), package="flask"), scan())
        assert "take the baseline anew" in caught.value.hint


class TestGone:
    def test_fixed(self) -> None:
        assert why(scan(FIXED), after(FIXED)) == "fixed: fixed in 3.7"

    def test_a_range_that_stops_is_no_fix(self) -> None:
        assert why(scan(STOPS), after(STOPS)) == (
            "out of range: B-1 ends with 3.6.0 and names no fix"
        )

    def test_withdrawn(self) -> None:
        assert why(scan(FIXED), after(replace(FIXED, withdrawn=LATER))) == (
            "withdrawn: withdrawn on 2026-09-01"
        )

    def test_what_a_complete_source_lost_is_unknown(self) -> None:
        assert why(scan(FIXED), after()) == "unknown: the source no longer knows it"

    @pytest.mark.parametrize(
        ("advisory", "expected"),
        [
            (FIXED, "fixed: fixed in 3.7"),
            (STOPS, "out of range: B-1 ends with 3.6.0 and names no fix"),
            (OPEN, "unknown: the source no longer tells C-1, by which 3.9 was affected"),
        ],
    )
    def test_of_what_a_scanner_no_longer_tells_its_last_word_counts(
        self, advisory: Advisory, expected: str
    ) -> None:
        before = scan(advisory, complete=False)
        assert why(before, after(complete=False)) == expected

    def test_a_scanner_may_say_that_it_was_withdrawn(self) -> None:
        withdrawn = replace(OPEN, withdrawn=LATER)
        assert why(scan(OPEN, complete=False), after(withdrawn, complete=False)) == (
            "withdrawn: withdrawn on 2026-09-01"
        )

    def test_the_same_version_is_never_fixed(self) -> None:
        for complete in (True, False):
            told_before = scan(FIXED, complete=complete)
            assert only_gone(told_before, scan(complete=complete)).reason is Reason.UNKNOWN

    def test_the_package_may_be_removed(self) -> None:
        before = snapshot(
            report("osv", told("A-1", package="flask"), audited=("flask", "mlflow")),
            flask="1",
            mlflow="3.6.0",
        )
        one = only_gone(before, scan())
        assert one.reason is Reason.PACKAGE_REMOVED
        assert one.detail == "flask is not in lock.txt any more"
        assert (one.accounts, one.unasked) == ({}, {})


class TestSeveralSources:
    def test_the_weakest_reason_wins_and_both_ranges_are_shown(self) -> None:
        before = snapshot(report("osv", FIXED), report("safety", STOPS, complete=False))
        now = snapshot(report("osv", FIXED), report("safety", complete=False), mlflow="3.9")
        one = only_gone(before, now)
        assert one.reason is Reason.OUT_OF_RANGE
        assert one.detail == "safety: B-1 ends with 3.6.0 and names no fix"
        assert one.disagrees
        assert {name: account.reason for name, account in one.accounts.items()} == {
            "osv": Reason.FIXED,
            "safety": Reason.OUT_OF_RANGE,
        }
        assert one.accounts["osv"].finding.advisories == (FIXED,)
        assert one.accounts["osv"].now == (FIXED,)
        assert one.accounts["safety"].finding.advisories == (STOPS,)
        assert one.accounts["safety"].now == ()

    @pytest.mark.parametrize(
        ("first", "second", "weakest"),
        [
            (FIXED, replace(FIXED, withdrawn=LATER), Reason.WITHDRAWN),
            (replace(FIXED, withdrawn=LATER), STOPS, Reason.OUT_OF_RANGE),
            (STOPS, None, Reason.UNKNOWN),
        ],
    )
    def test_reasons_have_an_order(
        self, first: Advisory, second: Advisory | None, weakest: Reason
    ) -> None:
        standing = (replace(one, withdrawn="") if one else FIXED for one in (first, second))
        before = snapshot(*map(report, ("a", "b"), standing))
        now = snapshot(report("a", first), report("b", *filter(None, [second])), mlflow="3.9")
        one = only_gone(before, now)
        assert (one.reason, one.disagrees) == (weakest, True)

    def test_sources_may_agree(self) -> None:
        both = (report("osv", FIXED), report("safety", FIXED))
        one = only_gone(snapshot(*both), snapshot(*both, mlflow="3.9"))
        assert (one.reason, one.disagrees) == (Reason.FIXED, False)

    def test_a_source_that_never_told_it_disagrees(self) -> None:
        before = snapshot(report("osv", FIXED), report("safety"))
        assert only_gone(before, snapshot(*before.reports, mlflow="3.9")).disagrees

    def test_what_only_a_source_told_that_was_not_asked_again_is_unknown(self) -> None:
        before = snapshot(report("osv"), report("safety", FIXED))
        found = compare(before, after())
        assert [(one.reason, one.detail) for one in found.gone] == [
            (Reason.UNKNOWN, "safety: it was not asked again")
        ]
        assert "safety was asked before and not after" in found.notes

    def test_what_another_source_told_too_is_decided_by_that(self) -> None:
        before = snapshot(report("osv", FIXED), report("safety", STOPS))
        one = only_gone(before, after(FIXED))
        assert (one.reason, one.detail) == (Reason.FIXED, "osv: fixed in 3.7")
        assert one.unasked == {"safety": "it was not asked again"}

    def test_what_a_source_skips_now_is_unknown(self) -> None:
        skipping = report("osv", audited=(), skipped={"mlflow": "not on\nthe index"})
        found = compare(scan(FIXED), snapshot(skipping, mlflow="3.9"))
        assert found.gone[0].reason is Reason.UNKNOWN
        assert found.gone[0].detail == "osv: it did not look at mlflow again: not on the index"
        assert found.notes == ("osv looked at mlflow before and not after",)

    def test_what_a_source_cannot_read_now_is_unknown(self) -> None:
        damaged = report("osv", FIXED, problems=(Problem("1.json", "not\nJSON"),))
        assert why(scan(FIXED), snapshot(damaged, mlflow="3.9")) == (
            "unknown: osv: it could not read 1.json: not JSON"
        )

    def test_a_problem_with_another_package_is_none_here(self) -> None:
        damaged = report("osv", FIXED, problems=(Problem("1.json", "?", ("flask",)),))
        assert why(scan(FIXED), snapshot(damaged, mlflow="3.9")) == "fixed: fixed in 3.7"


class TestNew:
    OLD = told("A-1", events=span_of("3.7"), published="2026-01-01T00:00:00Z")

    def test_by_the_version(self) -> None:
        one = only_new(scan(self.OLD), after(self.OLD))
        assert (one.cause, one.detail) == (Cause.VERSION, "mlflow went from 3.6.0 to 3.9")

    def test_by_the_package(self) -> None:
        before = snapshot(report(audited=("flask",)), flask="1")
        one = only_new(before, snapshot(report("osv", OPEN), mlflow="3.6.0"))
        assert (one.cause, one.detail) == (Cause.ADDED, "mlflow was not in lock.txt")

    def test_by_an_advisory_that_was_published_since(self) -> None:
        one = only_new(scan(), after(replace(OPEN, published=LATER)))
        assert one.cause is Cause.PUBLISHED
        assert one.detail == "published on 2026-09-01, after the earlier scan"

    def test_by_an_advisory_that_the_earlier_database_did_not_have(self) -> None:
        one = only_new(scan(), after(OPEN))
        assert (one.cause, one.detail) == (
            Cause.PUBLISHED,
            "the earlier database did not tell it",
        )

    def test_by_an_advisory_that_was_widened(self) -> None:
        narrow = told("A-1", events=span_of("3.7"))
        one = only_new(scan(narrow), after(told("A-1")))
        assert one.cause is Cause.CHANGED
        assert one.detail == "the earlier database did not say it of this version"

    def test_by_an_advisory_that_was_changed_since(self) -> None:
        changed = replace(OPEN, published="2026-01-01T00:00:00Z", modified=LATER)
        one = only_new(scan(complete=False), scan(changed, complete=False))
        assert one.cause is Cause.CHANGED
        assert one.detail == "changed on 2026-09-01, after the earlier scan"

    def test_an_old_flaw_under_a_new_name_is_not_published_since(self) -> None:
        old = told("A-1", "A-2", published="2026-01-01T00:00:00Z")
        one = only_new(scan(), scan(old, told("A-2", published=LATER)))
        assert one.detail == "the earlier database did not tell it"

    def test_what_was_said_of_another_package_is_no_earlier_word(self) -> None:
        other = report("osv", told("C-1", package="flask"), audited=("flask", "mlflow"))
        before = snapshot(other, flask="1", mlflow="3.6.0")
        assert only_new(before, scan(OPEN)).cause is Cause.PUBLISHED

    def test_by_a_source_that_was_not_asked_before(self) -> None:
        found = compare(scan(), snapshot(report(), report("safety", OPEN)))
        assert found.new[0].cause is Cause.NOT_LOOKED
        assert found.new[0].detail == "safety did not look at mlflow before"
        assert found.notes == ("safety was asked after and not before",)

    def test_by_a_source_that_skipped_the_package_before(self) -> None:
        before = snapshot(report(audited=()))
        found = compare(before, scan(OPEN))
        assert found.new[0].cause is Cause.NOT_LOOKED
        assert found.notes == ("osv looked at mlflow after and not before",)

    def test_without_dates_nothing_is_said_to_be_later(self) -> None:
        undated = replace(OPEN, published="", modified="")
        assert only_new(scan(), scan(undated)).detail == "the earlier database did not tell it"


def test_another_subject_is_noted() -> None:
    found = compare(scan(), snapshot(report(), subject="other.txt"))
    assert found.notes == ("lock.txt (lock) was scanned before, other.txt (lock) after",)


def test_of_what_was_never_looked_at_nothing_is_noted() -> None:
    skipping = report(audited=(), skipped={"mlflow": "not in the database"})
    assert compare(snapshot(skipping), snapshot(skipping)).notes == ()


def test_a_note_names_a_few_packages() -> None:
    versions = {f"package-{number}": "1" for number in range(7)}
    before = snapshot(report(audited=versions), **versions)
    (note,) = compare(before, snapshot(report(audited=()), **versions)).notes
    assert note == (
        "osv looked at package-0, package-1, package-2, package-3, package-4 and 2 more "
        "before and not after"
    )


class TestReal:
    @pytest.mark.parametrize("complete", [True, False])
    def test_all_but_one_of_3_6_0_are_gone_in_3_17_2_and_explained(self, *, complete: bool) -> None:
        found = compare(real("3.6.0", complete=complete), real("3.17.2", complete=complete))
        assert [one.after.id for one in found.remaining] == ["CVE-2026-96775"]
        assert found.new == ()
        stopped = {one.vulnerability.id for one in found.gone if one.reason is not Reason.FIXED}
        assert stopped == {"CVE-2025-15381", "CVE-2026-0545", "CVE-2026-53995"}
        assert Counter(one.reason for one in found.gone) == {
            Reason.FIXED: 24,
            Reason.OUT_OF_RANGE: 3,
        }
        assert all(one.detail for one in found.gone)

    @pytest.mark.parametrize(
        ("old", "new"),
        [("2.14.1", "3.6.0"), ("3.6.0", "3.17.2"), ("3.6.0", "3.11.1"), ("3.17.2", "2.14.1")],
    )
    def test_the_sums_are_those_of_the_independent_evaluation(self, old: str, new: str) -> None:
        argv = [sys.executable, str(shared("advisories/affected.py")), "mlflow", old, new]
        told = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=60).stdout
        first, second = (set(line.split()[3:]) for line in told.splitlines())
        found = compare(real(old), real(new))
        assert {one.vulnerability.id for one in found.gone} == first - second
        assert {one.vulnerability.id for one in found.new} == second - first
        assert {one.after.id for one in found.remaining} == first & second

    @pytest.mark.parametrize("complete", [True, False])
    def test_flaws_without_a_fix_are_never_called_fixed(self, *, complete: bool) -> None:
        found = compare(real("2.14.1", complete=complete), real("3.6.0", complete=complete))
        pickles = {f"CVE-2024-{number}" for number in range(37052, 37061)}
        reasons = {
            one.vulnerability.id: one.reason
            for one in found.gone
            if one.vulnerability.id in pickles
        }
        assert set(reasons) == pickles
        assert set(reasons.values()) == {Reason.OUT_OF_RANGE}


VERSIONS = st.sampled_from(["1", "2", "3", "4"])
ADVISORIES = st.lists(
    st.builds(
        lambda name, alias, start, word, end: told(
            name, alias, events=span_of(start, **{word: end})
        ),
        st.sampled_from(["A-1", "A-2", "A-3"]),
        st.sampled_from(["C-1", "C-2", "C-3"]),
        VERSIONS,
        st.sampled_from(["fixed", "last_affected"]),
        VERSIONS,
    ),
    max_size=3,
)
SCANS = st.builds(
    lambda first, second, version, complete: snapshot(
        report("osv", *first, complete=complete), report("safety", *second), mlflow=version
    ),
    ADVISORIES,
    ADVISORIES,
    VERSIONS,
    st.booleans(),
)


@given(SCANS, SCANS)
def test_each_vulnerability_is_told_and_fixed_only_with_a_reached_fix(
    before: Snapshot, after: Snapshot
) -> None:
    found = compare(before, after)
    left = [one.before for one in found.remaining] + [one.vulnerability for one in found.gone]
    here = [one.after for one in found.remaining] + [one.vulnerability for one in found.new]
    assert all(one in left for one in combine(before))
    assert all(one in here for one in combine(after))
    for one in found.gone:
        if one.reason is Reason.FIXED:
            assert before.version < after.version
            assert all(account.reason is Reason.FIXED for account in one.accounts.values())
