from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runner.reporters.text import one_line
from runner.reporters.width import cells, fold, pad, shorten, wrap

LINES = st.text().map(one_line)
WIDTHS = st.integers(0, 30)


def test_wide_and_combining_characters() -> None:
    assert cells("日本") == 4
    assert cells("e\u0301") == 1
    assert cells("abc") == 3


def test_shorten() -> None:
    assert shorten("abcdef", 6) == "abcdef"
    assert shorten("abcdef", 5) == "abcd…"
    assert shorten("ab cdef", 4) == "ab…"
    assert shorten("日本語", 4) == "日…"
    assert shorten("abcdef", 5, "...") == "ab..."
    assert shorten("abcdef", 2, "...") == ".."
    assert shorten("abcdef", -1) == ""


@given(LINES, WIDTHS)
def test_nothing_is_wider_than_it_may_be(text: str, width: int) -> None:
    assert cells(shorten(text, width)) <= width
    room = max(width, 2)  # the widest character must fit
    assert all(cells(piece) <= room for piece in fold(text, room))
    assert all(cells(piece) <= room for piece in wrap(text, room))
    assert cells(pad(text, width)) >= width


@given(LINES, st.integers(1, 30))
def test_breaking_loses_nothing(text: str, width: int) -> None:
    assert "".join(fold(text, width)) == text
    assert "".join(wrap(text, width)).replace(" ", "") == "".join(text.split())


def test_wrap() -> None:
    assert wrap("to be or not", 5) == ["to be", "or", "not"]
    assert wrap("incomprehensible", 8) == ["incompre", "hensible"]
    assert wrap("an incomprehensible thing", 8) == ["an", "incompre", "hensible", "thing"]
    assert wrap("", 8) == [""]
