from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet
from packaging.version import Version
from unit.advisories.records import span, v

from runner.advisories.specifiers import from_interval, to_affected
from runner.advisories.versions import Interval, Word

PUBLIC = st.from_regex(
    r"(1!)?[0-3](\.[0-2]){0,2}(a1|rc[01])?(\.post1)?(\.dev1)?", fullmatch=True
).map(Version)
VERSIONS = st.one_of(PUBLIC, st.builds(lambda one: Version(f"{one}+corp"), PUBLIC))
ENDS = st.sampled_from((Word.FIXED, Word.LAST_AFFECTED, Word.LIMIT))


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start = draw(st.none() | PUBLIC)
    end = draw(st.none() | PUBLIC)
    if start and end and start > end:
        start, end = end, start
    return Interval(start, end, draw(ENDS) if end else None)


@given(intervals(), VERSIONS)
def test_a_specifier_holds_what_its_interval_holds(interval: Interval, version: Version) -> None:
    assert SpecifierSet(from_interval(interval)).contains(version) == interval.holds(version)


@given(intervals())
def test_a_specifier_can_be_read_again(interval: Interval) -> None:
    fixed = {interval.end} if interval.end and interval.ends_by is Word.FIXED else set[Version]()
    assert to_affected(from_interval(interval), fixed) == interval


@pytest.mark.parametrize(
    "events", [[("introduced", "1.0+c")], [("introduced", "0"), ("fixed", "2+c")]]
)
def test_a_bound_with_a_local_part_cannot_be_said(events: list[tuple[str, str]]) -> None:
    with pytest.raises(ValueError, match=r"\+c has a local part"):
        from_interval(span(*events)[0])


@pytest.mark.parametrize(
    ("text", "fixed", "expected"),
    [
        ("<3.9", ["3.9"], Interval(None, v("3.9"), Word.FIXED)),
        ("<3.9", ["3.8"], Interval(None, v("3.9"), Word.LIMIT)),
        ("<=3.8.1", ["3.8.1"], Interval(None, v("3.8.1"), Word.LAST_AFFECTED)),
        (">=2.0,<3.9", ["3.9.0"], Interval(v("2.0"), v("3.9"), Word.FIXED)),
        (">2.0,<3.9", [], Interval(v("2.0"), v("3.9"), Word.LIMIT)),
        ("<3.9,<=3.9", ["3.9"], Interval(None, v("3.9"), Word.FIXED)),
        ("<4,<=3.9", [], Interval(None, v("3.9"), Word.LAST_AFFECTED)),
        (">=1.0", [], Interval(v("1.0"), None, None)),
        (">=0", [], Interval(v("0"), None, None)),
        ("==3.6", [], v("3.6")),
        ("==3.6+corp", [], v("3.6+corp")),
    ],
)
def test_simple_specifiers_are_read(
    text: str, fixed: list[str], expected: Interval | Version
) -> None:
    assert to_affected(text, {v(one) for one in fixed}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "==3.*",
        "~=3.6",
        "!=3.6",
        "<4,!=3.7",
        "===3.6",
        "==3.6,<4",
        ">=4,<3",
        ">=3.*",
        "all",
        "<x",
    ],
)
def test_what_is_no_range_in_a_row_is_not_guessed_at(text: str) -> None:
    assert to_affected(text, ()) is None
