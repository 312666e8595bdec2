"""Versions and ranges, held against the naive reading of the OSV schema."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.advisories.records import span, v

from runner.advisories.versions import Interval, Word, intervals, package_name, parse_version

VERSIONS = ("0.9", "1.0a1", "1.0rc1", "1.0", "1.0.post1", "1.1", "1.10", "2.0.dev1", "2.0", "1!0.1")
EVENTS = st.tuples(st.sampled_from(Word), st.sampled_from(VERSIONS))
STARTS = st.tuples(st.just(Word.INTRODUCED), st.sampled_from(("0", *VERSIONS)))


TURNS = (("introduced", "0"), ("fixed", "1.5"), ("introduced", "2.0"), ("fixed", "2.3"))


def naive(version: str, events: list[tuple[Word, str]]) -> bool:
    """Say it without order: something introduced at or before it is not ended at or before it."""
    at = v(version)

    def ended(start: str) -> bool:
        since = None if start == "0" else v(start)
        return any(
            (word is Word.FIXED and (since is None or since < v(text)) and v(text) <= at)
            or (word is Word.LAST_AFFECTED and (since is None or since <= v(text)) and v(text) < at)
            for word, text in events
        )

    limits = [v(text) for word, text in events if word is Word.LIMIT]
    return (not limits or any(at < limit for limit in limits)) and any(
        word is Word.INTRODUCED and (text == "0" or v(text) <= at) and not ended(text)
        for word, text in events
    )


@settings(max_examples=300)
@given(st.lists(EVENTS, max_size=6), STARTS)
def test_ranges_equal_the_naive_reading(
    events: list[tuple[Word, str]], start: tuple[Word, str]
) -> None:
    every = [*events, start]
    found = intervals(every)
    for version in VERSIONS:
        assert any(one.holds(v(version)) for one in found) is naive(version, every), version
    for version in VERSIONS:
        assert not any(one.holds(v(version)) and one.is_before(v(version)) for one in found)


@pytest.mark.parametrize("order", list(permutations(TURNS)))
def test_events_may_stand_in_any_order(order: tuple[tuple[str, str], ...]) -> None:
    assert span(*order) == (
        Interval(None, v("1.5"), Word.FIXED),
        Interval(v("2.0"), v("2.3"), Word.FIXED),
    )


@pytest.mark.parametrize(
    ("version", "wanted"),
    [
        ("3.11.0.dev1", True),
        ("3.11.0rc0", False),
        ("3.11.0", False),
        ("3.9.0", True),
        ("3.10.0.post1", True),
    ],
)
def test_versions_have_the_order_of_pep_440(version: str, *, wanted: bool) -> None:
    (found,) = span(("introduced", "3.9.0"), ("fixed", "3.11.0rc0"))
    assert found.holds(v(version)) is wanted


def test_zero_is_before_all_and_no_version() -> None:
    (found,) = span(("introduced", "0"))
    assert found == Interval(None, None, None)
    assert found.holds(v("0.dev0"))


def test_a_range_may_hold_one_version() -> None:
    (found,) = span(("last_affected", "1.0"), ("introduced", "1.0"))
    assert [found.holds(v(text)) for text in ("0.9", "1.0", "1.0.post1")] == [False, True, False]


def test_a_local_build_is_as_affected_as_its_version() -> None:
    (last,) = span(("introduced", "0"), ("last_affected", "3.6.0"))
    assert last.holds(v("3.6.0+corp"))
    (fixed,) = span(("introduced", "0"), ("fixed", "3.6.0"))
    assert not fixed.holds(v("3.6.0+corp"))


@pytest.mark.parametrize(
    ("events", "wanted"),
    [
        ((("introduced", "0"), ("limit", "*")), Interval(None, None, None)),
        ((("introduced", "0"), ("limit", "2"), ("limit", "*")), Interval(None, None, None)),
        ((("introduced", "0"), ("limit", "1"), ("limit", "2")), Interval(None, v("2"), Word.LIMIT)),
        (
            (("introduced", "0"), ("fixed", "2"), ("limit", "2")),
            Interval(None, v("2"), Word.FIXED),
        ),
        (
            (("introduced", "0"), ("last_affected", "2"), ("limit", "2")),
            Interval(None, v("2"), Word.LIMIT),
        ),
        (
            (("introduced", "0"), ("last_affected", "1"), ("limit", "2")),
            Interval(None, v("1"), Word.LAST_AFFECTED),
        ),
    ],
)
def test_limits(events: tuple[tuple[str, str], ...], wanted: Interval) -> None:
    assert span(*events) == (wanted,)


def test_a_limit_before_the_start_leaves_nothing() -> None:
    assert span(("introduced", "3"), ("limit", "2")) == ()


@pytest.mark.parametrize("text", ["", "1.0.x", "latest", "1" * 5000, "1.0; rm"])
def test_what_is_no_version_is_named(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not a version \(PEP 440\)"):
        parse_version(text)


def test_a_range_must_introduce_something() -> None:
    with pytest.raises(ValueError, match="what is introduced"):
        span(("fixed", "1.0"))


def test_names_are_normalised() -> None:
    assert package_name("Python_Dotenv") == package_name("python.-dotenv") == "python-dotenv"
    with pytest.raises(ValueError, match="is not the name of a package"):
        package_name("mlflow[extras]")
