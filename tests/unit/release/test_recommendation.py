"""Which step is recommended, and how many candidates are tried for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from runner.advisories.comparison import compare
from runner.advisories.findings import Advisory, Database
from runner.advisories.inventory import Component, Inventory
from runner.advisories.judgement import judge
from runner.advisories.policy import Policy
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report
from runner.advisories.versions import Interval, Word
from runner.model import Upstream
from runner.release.candidates import Candidate, Rules, candidates
from runner.release.effects import Effect
from runner.release.recommendation import Chooser, Recommendation
from runner.release.upstream.base import Offer
from runner.release.upstream.resolution import Answer, Resolution

NOW = datetime(2026, 11, 24, tzinfo=UTC)
DATABASE = Database("osv", "db", "0" * 64, "2026-11-01T00:00:00Z", 1)
POLICY = Policy(packages=("demo",))


def effect(current: str, version: str, flaws: Mapping[str, str], policy: Policy | None) -> Effect:
    """Give the effect of a step; a flaw affects all versions before the one that it names."""
    told = tuple(
        Advisory(
            name,
            "demo",
            intervals=(Interval(None, Version(end) if end else None, Word.FIXED if end else None),),
        )
        for name, end in flaws.items()
    )
    report = Report("osv", "", DATABASE, told, ("demo",), complete=True)

    def snapshot(at: str) -> Snapshot:
        inventory = Inventory("demo", "resolved", (Component("demo", at),))
        return Snapshot("demo", at, NOW.isoformat(), "", inventory, (report,))

    comparison = compare(snapshot(current), snapshot(version))
    judged = judge(policy, snapshot(version), comparison, (), NOW) if policy else None
    return Effect(comparison, judged, ("osv",))


@dataclass
class Bench:
    """A package at 1.0 with flaws, and a resolver that knows its answers."""

    flaws: Mapping[str, str]
    resolves: Mapping[str, Answer] = field(default_factory=dict)
    hidden: Mapping[str, str] = field(default_factory=dict)
    policy: Policy | None = POLICY
    failed: tuple[str, ...] = ()
    most: int = 5
    tried: list[str] = field(default_factory=list)

    def resolve(self, version: Version) -> Resolution:
        self.tried.append(str(version))
        answer = self.resolves.get(str(version), "yes")
        return Resolution(answer, "" if answer == "yes" else "so it says")

    def effect(self, all_of_it: bool) -> Callable[[Version], Effect]:  # noqa: FBT001 - two kinds
        flaws = {**self.flaws, **(self.hidden if all_of_it else {})}
        return lambda version: effect("1.0", str(version), flaws, self.policy)

    def choose(self, *versions: str) -> Recommendation:
        rules = Rules(Upstream(), Version("1.0"), "", NOW)
        found: tuple[Candidate, ...] = candidates([Offer(Version(v)) for v in versions], (), rules)
        cheap, whole = self.effect(all_of_it=False), self.effect(all_of_it=True)
        chooser = Chooser(cheap, whole, self.resolve, self.most, self.failed)
        return chooser.choose(whole(Version("1.0")), found)


def verdicts(told: Recommendation) -> dict[str, str]:
    return {str(one.version): one.verdict for one in told.assessments}


def test_the_smallest_step_that_satisfies_the_policy_is_taken() -> None:
    bench = Bench({"A-1": "1.1", "A-2": "1.2"})
    told = bench.choose("1.1", "1.2", "1.3", "2.0")
    assert str(told.version) == "1.2"
    assert told.satisfied
    assert not told.doubts
    assert told.reason == "the smallest step that satisfies the policy"
    assert verdicts(told) == {
        "1.1": "it leaves 1 forbidden finding, 1.2 leaves none",
        "1.2": told.reason,
        "1.3": "a larger step than 1.2, which leaves as few",
        "2.0": "a larger step than 1.2, which leaves as few",
    }
    assert bench.tried == ["2.0", "1.2"]


def test_else_the_one_that_leaves_the_fewest() -> None:
    told = Bench({"A-1": "1.1", "A-2": "1.2", "A-3": ""}).choose("1.1", "1.2", "1.3")
    assert str(told.version) == "1.2"
    assert not told.satisfied
    assert "no candidate satisfies the policy; it leaves the fewest" in told.reason
    assert "1 of 3" in told.reason


def test_what_does_not_resolve_is_not_taken() -> None:
    bench = Bench({"A-1": "1.1"}, {"1.1": "no", "1.3": "no"})
    told = bench.choose("1.1", "1.2", "1.3")
    assert str(told.version) == "1.2"
    assert verdicts(told)["1.1"] == verdicts(told)["1.3"] == "it does not resolve: so it says"
    assert sorted(bench.tried) == ["1.1", "1.2", "1.3"]


def test_where_nothing_resolves_nothing_is_taken() -> None:
    told = Bench({"A-1": "1.1"}, {"1.1": "no", "1.2": "no"}).choose("1.1", "1.2")
    assert told.version is None
    assert told.reason == "no candidate that was tried resolves"


def test_what_surely_resolves_comes_before_what_perhaps_does() -> None:
    told = Bench({"A-1": "1.1"}, {"1.1": "unknown"}).choose("1.1", "1.2")
    assert str(told.version) == "1.2"
    assert verdicts(told)["1.1"] == "whether it resolves is not known, 1.2 does"


def test_what_perhaps_resolves_is_taken_with_a_doubt() -> None:
    told = Bench({"A-1": "1.1"}, {"1.1": "unknown", "1.2": "no"}).choose("1.1", "1.2")
    assert str(told.version) == "1.1"
    assert told.doubts == ("whether it resolves is not known: so it says",)


def test_what_only_a_scanner_knows_moves_the_choice_on() -> None:
    told = Bench({"A-1": "1.1"}, hidden={"S-1": "1.3"}).choose("1.1", "1.2", "1.3", "1.4")
    assert str(told.version) == "1.3"
    assert told.satisfied


def test_no_more_are_tried_than_allowed() -> None:
    bench = Bench({"A-1": "1.1"}, dict.fromkeys(("1.1", "1.2", "1.3"), "no"), most=2)
    told = bench.choose("1.1", "1.2", "1.3", "1.4", "1.5")
    assert bench.tried == ["1.5", "1.1", "1.2"]
    assert str(told.version) == "1.5"
    assert told.doubts == ("2 candidates were not tried: 'upstream.candidates' is 2",)


def test_a_release_that_satisfies_the_policy_stays() -> None:
    bench = Bench({"A-1": "0.9"})
    told = bench.choose("1.1", "1.2")
    assert told.version is None
    assert told.satisfied
    assert "satisfies the policy" in told.reason
    assert bench.tried == ["1.2"]


def test_no_step_is_taken_that_brings_nothing() -> None:
    told = Bench({"A-1": ""}).choose("1.1", "1.2")
    assert told.version is None
    assert not told.satisfied
    assert told.reason == "no candidate leaves fewer forbidden findings than the 1 that are there"


def test_without_a_policy_nothing_is_recommended() -> None:
    told = Bench({"A-1": "1.1"}, policy=None).choose("1.1")
    assert told.version is None
    assert not told.satisfied
    assert "no policy is stated" in told.reason


@pytest.mark.parametrize("flaws", [{}, {"A-1": "1.1"}])
def test_a_source_that_failed_leaves_a_doubt(flaws: Mapping[str, str]) -> None:
    told = Bench(flaws, failed=("safety",)).choose("1.1")
    assert told.doubts == ("the source 'safety' could not answer: it may know of more",)
    assert not told.satisfied
    assert bool(told.version) == bool(flaws)
    if not flaws:
        assert "is not known" in told.reason


def test_a_policy_that_cannot_be_decided_leaves_a_doubt() -> None:
    policy = Policy(packages=("demo",), max_database_age=86400.0)
    told = Bench({"A-1": "1.1"}, policy=policy).choose("1.1")
    assert str(told.version) == "1.1"
    assert told.doubts[0].startswith("the policy is not decided: the database of osv is of")
    assert not told.satisfied
    staying = Bench({}, policy=policy).choose("1.1")
    assert "is not known" in staying.reason


def test_without_candidates_there_is_nothing_to_take() -> None:
    told = Bench({"A-1": ""}).choose()
    assert (told.version, told.reason) == (None, "there is no newer version in the index")
    told = Bench({"A-1": ""}).choose("1.1rc1", "1.2rc1")
    assert told.version is None
    assert told.reason == "no newer version can be taken"
    assert all("pre-release" in one.verdict for one in told.assessments)


@given(
    st.dictionaries(st.sampled_from([f"A-{n}" for n in range(6)]), st.integers(0, 6), min_size=1),
    st.sets(st.integers(1, 6)),
)
def test_nothing_better_or_smaller_is_passed_over(flaws: dict[str, int], broken: set[int]) -> None:
    bench = Bench(
        {name: f"1.{end}" if end else "" for name, end in flaws.items()},
        {f"1.{number}": "no" for number in broken},
        most=50,
    )
    told = bench.choose(*(f"1.{number}" for number in range(1, 7)))
    left = {
        number: sum(1 for end in flaws.values() if not end or end > number) for number in range(7)
    }
    whole = {number: left[number] for number in range(1, 7) if number not in broken}
    best = min(whole, key=lambda number: (whole[number], number), default=0)
    wanted = f"1.{best}" if best and whole[best] < left[0] else None
    assert (str(told.version) if told.version else None) == wanted
