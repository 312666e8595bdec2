"""Candidates: which versions are newer, and what keeps one from being taken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from runner.model import Upstream
from runner.release.candidates import Rules, candidates, days, only_announced
from runner.release.upstream.base import Announcement, Offer

NOW = datetime(2026, 11, 24, tzinfo=UTC)
RULES = Rules(Upstream(), Version("1.0"), "3.11.7", NOW)
DAY = 86400.0


def offer(version: str, **more: object) -> Offer:
    return Offer(Version(version), **more)  # type: ignore[arg-type]


def rejections(one: Offer, rules: Rules = RULES) -> tuple[str, ...]:
    (found,) = candidates([one], (), rules)
    assert found.eligible == (not found.rejections)
    return found.rejections


def test_only_newer_versions_are_candidates_in_order() -> None:
    offers = [offer("1.10"), offer("0.9"), offer("1.0"), offer("1.9")]
    assert [str(one.version) for one in candidates(offers, (), RULES)] == ["1.9", "1.10"]


def test_the_index_tells_the_date_and_else_the_feed() -> None:
    told = [
        Announcement(Version("1.1"), "2026-11-22T00:00:00Z", "https://x/1.1", ("CVE-2026-1001",)),
        Announcement(Version("1.2.0"), "2026-11-23T00:00:00Z"),
    ]
    offers = [offer("1.1"), offer("1.2", uploaded="2026-11-20T00:00:00Z"), offer("1.3")]
    first, second, third = candidates(offers, told, RULES)
    assert (first.published, first.age) == ("2026-11-22T00:00:00Z", 2 * DAY)
    assert (first.notes_address, first.named) == ("https://x/1.1", ("CVE-2026-1001",))
    assert (second.age, second.named) == (4 * DAY, ())
    assert (third.published, third.age, third.named) == ("", None, None)


@pytest.mark.parametrize(
    ("one", "said"),
    [
        (offer("1.1", yanked="leaks"), "it was yanked from the index: leaks"),
        (offer("1.1", yanked=""), "it was yanked from the index, without a reason"),
        (offer("1.1rc1"), "it is a pre-release, which 'upstream.prereleases' does not allow"),
        (offer("1.1.dev1"), "it is a pre-release, which 'upstream.prereleases' does not allow"),
        (
            offer("1.1", requires=(SpecifierSet(">=3.12"), SpecifierSet("<3.9"))),
            "it requires Python >=3.12 or <3.9, and the release runs under 3.11.7",
        ),
    ],
)
def test_what_cannot_be_taken_says_why(one: Offer, said: str) -> None:
    assert rejections(one) == (said,)


def test_one_file_that_fits_the_interpreter_is_enough() -> None:
    fits = (SpecifierSet(">=3.12"), SpecifierSet(""))
    assert not rejections(offer("1.1", requires=fits))
    assert not rejections(offer("1.1", requires=fits[:1]), replace(RULES, python=""))
    assert candidates([offer("1.1", requires=fits)], (), RULES)[0].requires_python == (">=3.12",)


def test_prereleases_count_where_they_are_allowed_or_already_used() -> None:
    allowed = replace(RULES, settings=Upstream(prereleases=True))
    assert not rejections(offer("1.1rc1"), allowed)
    assert not rejections(offer("1.1rc1"), replace(RULES, current=Version("1.1b1")))
    assert candidates([offer("1.1rc1")], (), allowed)[0].prerelease


def test_a_version_must_be_old_enough() -> None:
    rules = replace(RULES, settings=Upstream(min_age=7 * DAY))
    young = offer("1.1", uploaded="2026-11-20T00:00:00Z")
    assert rejections(young, rules) == ("it is 4 days old, and 'upstream.min_age' asks for 7 days",)
    assert not rejections(offer("1.1", uploaded="2026-11-17T00:00:00Z"), rules)
    (unknown,) = rejections(offer("1.1"), rules)
    assert unknown.startswith("its age is not known")
    assert "upstream.releases" in unknown
    (ahead,) = rejections(offer("1.1", uploaded="2027-01-01T00:00:00Z"), rules)
    assert ahead.startswith("it is 0 hours old")


def test_several_reasons_are_all_told() -> None:
    assert len(rejections(offer("1.1rc1", yanked=""))) == 2


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(3600, "1 hour"), (7200, "2 hours"), (1.9 * DAY, "45 hours"), (2 * DAY, "2 days")],
)
def test_ages_are_told_in_days_or_hours(seconds: float, said: str) -> None:
    assert days(seconds) == said


def test_what_is_announced_and_not_in_the_index_is_told_apart() -> None:
    told = [Announcement(Version(one)) for one in ("0.9", "1.1", "1.2")]
    (found,) = only_announced([offer("1.1")], told, Version("1.0"))
    assert str(found.version) == "1.2"
