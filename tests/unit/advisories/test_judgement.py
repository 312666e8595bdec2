"""Policies applied to scans: forbidden, waived, allowed, and what cannot be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from unit.advisories.snapshots import HIGH, LOW, real, report, scan, snapshot, told
from unit.advisories.test_waivers import WAIVER

from runner.advisories.comparison import compare
from runner.advisories.judgement import Judgement, judge
from runner.advisories.policy import Policy, SeverityWord
from runner.advisories.severity import UNRATED, Severity
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Problem
from runner.advisories.waivers import NoticeKind, Waiver
from runner.model import Outcome

NOW = datetime(2026, 6, 2, tzinfo=UTC)
ALL_OF_MLFLOW = Policy(packages=("mlflow",))
FLAW = told("PYSEC-1", "CVE-2026-1")


def verdict(
    policy: Policy, scanned: Snapshot, waivers: Sequence[Waiver] = (), now: datetime = NOW
) -> Judgement:
    return judge(policy, scanned, None, waivers, now)


def errors(policy: Policy, scanned: Snapshot) -> tuple[str, ...]:
    found = verdict(policy, scanned)
    assert (found.outcome is Outcome.ERRORED) is bool(found.errors)
    return found.errors


class TestRules:
    def test_a_package(self) -> None:
        found = verdict(ALL_OF_MLFLOW, scan(FLAW))
        assert found.outcome is Outcome.FAILED
        assert [one.rules for one in found.forbidden] == [
            ("no vulnerability of mlflow is allowed",)
        ]

    def test_another_package_is_allowed(self) -> None:
        both = report("osv", told("A-1", package="flask"), audited=("flask", "mlflow"))
        found = verdict(ALL_OF_MLFLOW, snapshot(both, flask="1", mlflow="3.6.0"))
        assert found.outcome is Outcome.PASSED
        assert [one.id for one in found.allowed] == ["A-1"]
        assert found.reason == "no forbidden finding in 2 packages, 1 allowed"

    @pytest.mark.parametrize(
        ("lowest", "severity", "rules"),
        [
            ("high", HIGH, ("it is high: high and above is forbidden",)),
            ("low", LOW, ("it is low: low and above is forbidden",)),
            ("medium", LOW, ()),
            ("critical", HIGH, ()),
            ("critical", Severity(9.8, "critical"), ("it is critical: critical is forbidden",)),
            ("low", Severity(0.0, "none"), ()),
            ("critical", UNRATED, ("it is unrated: nobody knows that it is below critical",)),
        ],
    )
    def test_a_severity(
        self, lowest: SeverityWord, severity: Severity, rules: tuple[str, ...]
    ) -> None:
        found = verdict(Policy(severity=lowest), scan(replace(FLAW, severity=severity)))
        assert [one.rules for one in found.forbidden] == ([rules] if rules else [])

    @pytest.mark.parametrize("name", ["CVE-2026-1", "PYSEC-1", "cve-2026-1"])
    def test_an_id_by_any_name(self, name: str) -> None:
        found = verdict(Policy(ids=(name,)), scan(FLAW))
        (rule,) = found.forbidden[0].rules
        assert rule.casefold() == f"{name} is forbidden by its id".casefold()

    def test_another_id_is_allowed(self) -> None:
        assert verdict(Policy(ids=("CVE-2026-10",)), scan(FLAW)).outcome is Outcome.PASSED

    def test_a_new_one(self) -> None:
        old, new = FLAW, told("A-2")
        scanned = scan(old, new)
        found = judge(Policy(new=True), scanned, compare(scan(old), scanned), (), NOW)
        assert found.outcome is Outcome.FAILED
        assert [one.vulnerability.id for one in found.forbidden] == ["A-2"]
        assert found.forbidden[0].rules == (
            "it is new: advisory published, the earlier database did not tell it",
        )
        assert [one.id for one in found.allowed] == ["CVE-2026-1"]

    def test_what_is_new_cannot_be_told_without_a_baseline(self) -> None:
        assert errors(Policy(new=True), scan()) == ("no baseline: what is new cannot be told",)

    def test_every_broken_rule_is_told(self) -> None:
        policy = Policy(packages=("mlflow",), severity="low", ids=("PYSEC-1", "CVE-2026-1"))
        assert len(verdict(policy, scan(FLAW)).forbidden[0].rules) == 4


class TestReason:
    def test_it_names_the_worst(self) -> None:
        advisories = [told(f"A-{number}", severity=LOW) for number in range(1, 5)]
        found = verdict(
            ALL_OF_MLFLOW, scan(*advisories, told("B-1"), told("C-1", severity=UNRATED))
        )
        assert found.reason == (
            "6 forbidden findings in mlflow 3.6.0: B-1 (high), A-1 (low), A-2 (low) and 3 more"
        )

    def test_it_names_the_unrated_so(self) -> None:
        found = verdict(ALL_OF_MLFLOW, scan(told("A-1", severity=UNRATED)))
        assert found.reason == "1 forbidden finding in mlflow 3.6.0: A-1 (unrated)"

    def test_it_names_several_packages(self) -> None:
        both = report("osv", FLAW, told("A-1", package="flask"), audited=("flask", "mlflow"))
        scanned = snapshot(both, flask="1", mlflow="3.6.0")
        assert verdict(Policy(severity="low"), scanned).reason == (
            "2 forbidden findings in 2 packages: "
            "A-1 (high, flask 1), CVE-2026-1 (high, mlflow 3.6.0)"
        )

    def test_an_error_comes_before_findings(self) -> None:
        policy = Policy(packages=("mlflow",), required={"mlflow": "3.7", "flask": ""}, new=True)
        found = verdict(policy, scan(FLAW))
        assert found.outcome is Outcome.ERRORED
        assert found.reason == (
            "the scanned subject is not the release's: lock.txt has mlflow 3.6.0, "
            "expected mlflow 3.7 (and 2 more errors)"
        )
        assert len(found.forbidden) == 1

    def test_nothing_forbidden(self) -> None:
        assert verdict(ALL_OF_MLFLOW, scan()).reason == "no forbidden finding in 1 package"


class TestCannotBeDecided:
    def test_the_required_version_must_be_there(self) -> None:
        policy = Policy(packages=("mlflow",), required={"mlflow": "3.7.0"})
        (error,) = errors(policy, scan())
        assert error == (
            "the scanned subject is not the release's: lock.txt has mlflow 3.6.0, "
            "expected mlflow 3.7.0"
        )

    def test_a_local_build_is_another_version(self) -> None:
        policy = Policy(packages=("mlflow",), required={"mlflow": "3.6.0"})
        assert len(errors(policy, scan(version="3.6.0+corp"))) == 1

    def test_a_version_may_be_spelled_otherwise(self) -> None:
        policy = Policy(packages=("mlflow",), required={"mlflow": "v3.6"})
        assert errors(policy, scan()) == ()

    @pytest.mark.parametrize(("version", "told_as"), [("", "flask"), ("2.0", "flask 2.0")])
    def test_the_required_package_must_be_there(self, version: str, told_as: str) -> None:
        policy = Policy(packages=("mlflow",), required={"flask": version})
        assert errors(policy, scan()) == (
            f"the scanned subject is not the release's: lock.txt has no flask, expected {told_as}",
        )

    def test_what_is_an_error_is_no_note_too(self) -> None:
        policy = Policy(packages=("mlflow", "flask"), required={"flask": ""})
        found = verdict(policy, scan())
        assert (len(found.errors), found.notes) == (1, ())

    @pytest.mark.parametrize(
        "policy",
        [
            ALL_OF_MLFLOW,
            Policy(ids=("CVE-2026-1",), required={"mlflow": ""}),
            Policy(severity="critical"),
        ],
    )
    def test_a_gated_package_must_have_been_looked_at_by_every_source(self, policy: Policy) -> None:
        skipping = report("pip-audit", audited=(), skipped={"mlflow": "not on\nthe index"})
        assert errors(policy, snapshot(report(), skipping)) == (
            "mlflow was not audited by pip-audit: not on the index",
        )

    @pytest.mark.parametrize(
        ("skipped", "reason"),
        [({}, "it says nothing of the package"), ({"mlflow": " "}, "it gives no reason")],
    )
    def test_a_package_without_a_word_was_not_looked_at(
        self, skipped: dict[str, str], reason: str
    ) -> None:
        scanned = snapshot(report("osv", audited=(), skipped=skipped))
        assert errors(ALL_OF_MLFLOW, scanned) == (f"mlflow was not audited by osv: {reason}",)

    def test_where_no_package_is_named_all_are_gated(self) -> None:
        skipped = {"flask": "unknown", "click": "unknown"}
        scanned = snapshot(report("osv", skipped=skipped), mlflow="1", flask="1", click="1")
        assert errors(Policy(severity="high"), scanned) == (
            "click, flask were not audited by osv: unknown",
        )

    def test_a_package_that_is_not_gated_is_noted(self) -> None:
        scanned = snapshot(report("osv", skipped={"flask": "unknown"}), mlflow="1", flask="1")
        found = verdict(ALL_OF_MLFLOW, scanned)
        assert found.outcome is Outcome.PASSED
        assert found.notes == ("flask was not audited by osv: unknown",)

    @pytest.mark.parametrize("packages", [None, ("flask", "mlflow")])
    def test_what_could_not_be_read_may_be_about_a_gated_package(
        self, packages: tuple[str, ...] | None
    ) -> None:
        problems = tuple(Problem(f"{number}.json", "not\nJSON", packages) for number in range(5))
        (error,) = errors(ALL_OF_MLFLOW, snapshot(report("osv", problems=problems)))
        assert error == (
            "osv could not read everything that may be about mlflow: "
            "0.json: not JSON; 1.json: not JSON; 2.json: not JSON; 2 more"
        )

    def test_what_is_about_another_package_is_noted(self) -> None:
        problems = (Problem("1.json", "not JSON", ("flask",)),)
        found = verdict(ALL_OF_MLFLOW, snapshot(report("osv", problems=problems)))
        assert found.outcome is Outcome.PASSED
        assert found.notes == ("osv could not read everything: 1.json: not JSON",)

    @pytest.mark.parametrize(
        ("timestamp", "expected"),
        [
            ("2026-05-03T00:00:00Z", ()),
            (
                "2026-05-02T23:00:00Z",
                ("the database of osv is of 2026-05-02T23:00:00Z, older than the 30 days allowed",),
            ),
            ("", ("the database of osv has no date: how old it is cannot be said",)),
            (
                "2026-06-01T00:00:00",
                ("the database of osv has no date: how old it is cannot be said",),
            ),
            ("2026-06-03T00:00:00Z", ()),
            ("2026-06-04T00:00:00Z", ("the database of osv is of 2026-06-04, in the future",)),
        ],
    )
    def test_a_database_may_be_too_old(self, timestamp: str, expected: tuple[str, ...]) -> None:
        month = 30 * 86400.0
        policy = replace(ALL_OF_MLFLOW, max_database_age=month)
        assert errors(policy, snapshot(report(timestamp=timestamp))) == expected

    def test_without_an_age_no_date_is_asked_for(self) -> None:
        assert errors(ALL_OF_MLFLOW, snapshot(report(timestamp=""))) == ()

    def test_without_a_source_nothing_was_looked_at(self) -> None:
        assert errors(ALL_OF_MLFLOW, replace(scan(), reports=())) == ("no source was asked",)

    def test_an_empty_inventory_is_no_subject(self) -> None:
        scanned = scan()
        empty = replace(scanned, inventory=replace(scanned.inventory, components=()))
        assert errors(Policy(severity="low"), empty) == ("there is no package in lock.txt",)

    def test_a_policy_for_packages_that_are_not_there_decides_nothing(self) -> None:
        found = verdict(Policy(packages=("mlfow",)), scan(FLAW))
        assert found.errors == ("none of the gated packages is in lock.txt: mlfow",)

    def test_one_of_several_packages_may_be_missing(self) -> None:
        found = verdict(Policy(packages=("mlflow", "flask")), scan())
        assert found.outcome is Outcome.PASSED
        assert found.notes == ("there is no flask in lock.txt",)


class TestWaivers:
    def test_a_waiver_accepts(self) -> None:
        found = verdict(ALL_OF_MLFLOW, scan(FLAW), [WAIVER])
        assert found.outcome is Outcome.PASSED
        assert found.reason == "no forbidden finding in 1 package, 1 waived"
        (waived,) = found.waived
        assert (waived.waiver, waived.vulnerability.id) == (WAIVER, "CVE-2026-1")
        assert waived.rules == ("no vulnerability of mlflow is allowed",)
        assert found.notices == ()

    @pytest.mark.parametrize(
        ("waiver", "kind"),
        [
            (replace(WAIVER, expires=date(2026, 6, 1)), NoticeKind.EXPIRED),
            (replace(WAIVER, versions="<3.6"), NoticeKind.UNMATCHED),
            (replace(WAIVER, package="flask"), NoticeKind.UNUSED),
            (replace(WAIVER, id="CVE-2026-9"), NoticeKind.UNUSED),
        ],
    )
    def test_one_that_does_not_count_hides_nothing(self, waiver: Waiver, kind: NoticeKind) -> None:
        found = verdict(ALL_OF_MLFLOW, scan(FLAW), [waiver])
        assert found.outcome is Outcome.FAILED
        assert [one.vulnerability.id for one in found.forbidden] == ["CVE-2026-1"]
        assert [one.kind for one in found.notices] == [kind]

    def test_the_first_that_accepts_is_told(self) -> None:
        expired = replace(WAIVER, expires=date(2026, 1, 1))
        found = verdict(ALL_OF_MLFLOW, scan(FLAW), [expired, WAIVER, replace(WAIVER, owner="x")])
        assert found.waived[0].waiver is WAIVER
        assert [one.kind for one in found.notices] == [NoticeKind.EXPIRED]

    def test_the_day_is_that_of_utc(self) -> None:
        ends = replace(WAIVER, expires=date(2026, 6, 2))
        east = datetime(2026, 6, 3, 1, tzinfo=timezone(timedelta(hours=2)))
        assert verdict(ALL_OF_MLFLOW, scan(FLAW), [ends], east).outcome is Outcome.PASSED
        west = datetime(2026, 6, 2, 23, tzinfo=timezone(timedelta(hours=-2)))
        assert verdict(ALL_OF_MLFLOW, scan(FLAW), [ends], west).outcome is Outcome.FAILED

    def test_it_excuses_no_error(self) -> None:
        policy = replace(ALL_OF_MLFLOW, required={"mlflow": "3.7"})
        found = verdict(policy, scan(FLAW), [WAIVER])
        assert (found.outcome, len(found.waived)) == (Outcome.ERRORED, 1)


def test_a_moment_needs_an_offset() -> None:
    with pytest.raises(ValueError, match="has an offset"):
        verdict(ALL_OF_MLFLOW, scan(), now=NOW.replace(tzinfo=None))


def test_the_comparison_must_be_with_what_is_judged() -> None:
    with pytest.raises(ValueError, match="another scan"):
        judge(ALL_OF_MLFLOW, scan(), compare(scan(), scan(FLAW)), (), NOW)


def test_the_pin_is_red_and_its_successor_almost_green() -> None:
    policy = Policy(packages=("mlflow",), required={"mlflow": "3.6.0"})
    found = verdict(policy, real("3.6.0"))
    assert found.outcome is Outcome.FAILED
    assert found.reason == (
        "28 forbidden findings in mlflow 3.6.0: CVE-2025-15379 (critical), "
        "CVE-2026-2635 (critical), CVE-2025-15036 (critical) and 25 more"
    )
    found = verdict(replace(policy, required={"mlflow": "3.17.2"}), real("3.17.2"))
    assert [one.vulnerability.id for one in found.forbidden] == ["CVE-2026-96775"]
