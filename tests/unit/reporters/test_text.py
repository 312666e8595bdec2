from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.reporters.text import (
    clean,
    count,
    duration,
    elapsed,
    last_line,
    last_lines,
    one_line,
)

ANY = st.text(
    st.one_of(st.characters(exclude_categories=()), st.sampled_from("\x1b[]\x9b\x9d\x07\\m;\r\n"))
)


@pytest.mark.parametrize(
    ("raw", "safe"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x9b31mred", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x90q\x9csixel", "sixel"),
        ("\x1b]unterminated text stays", "unterminated text stays"),
        ("\x1b[12", "12"),
        ("\x1b(Bcharset\x1bc", "charset"),
        ("bell\x07 null\x00 del\x7f \x1b", "bell null del "),
        ("50%\r100%\r\ndone\x0b\x0c\x85\u2028\u2029", "50%\n100%\ndone\n\n\n\n\n"),
        ("\ud800 \udcff \ufffe \uffff", "\ufffd \ufffd \ufffd \ufffd"),
        ("user\u202e\u2066nimda\u200f", "user<U+202E><U+2066>nimda<U+200F>"),
        ("日本語 ✓", "日本語 ✓"),
    ],
)
def test_clean(raw: str, safe: str) -> None:
    assert clean(raw) == safe


@given(ANY)
def test_clean_leaves_nothing_dangerous(raw: str) -> None:
    safe = clean(raw)
    safe.encode()
    assert not [c for c in safe if (c < " " and c not in "\n\t") or "\x7f" <= c <= "\x9f"]
    assert clean(safe) == safe
    assert "\n" not in one_line(raw)
    assert "\t" not in one_line(raw)


@pytest.mark.parametrize("seed", ["\x1b]", "\x9d", "\x1b[0", "\x1b[ ", "\x1bP\x1b", "\r"])
def test_clean_takes_linear_time(seed: str) -> None:
    assert "\x1b" not in clean(seed * 500_000)  # in quadratic time this would take hours


def test_one_line_keeps_names_as_they_are() -> None:
    assert one_line("  a  b ") == "  a  b "
    assert one_line("a\tb\nc") == "a b c"


def test_last_line_is_the_last_state_of_a_progress_bar() -> None:
    assert last_line("10%\r20%\r\n  \n") == "20%"
    assert last_line("x" * 10_000) == "x" * 4096
    assert last_line("\r\n") == ""


def test_last_lines() -> None:
    assert last_lines("a\nb\tc\n\n", 5) == ["a", "b   c"]
    assert last_lines("a\nb\nc", 2) == ["b", "c"]
    assert last_lines(" \n", 2) == []


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1.0, "0.0 s"),
        (float("nan"), "0.0 s"),
        (float("inf"), "0.0 s"),
        (1.24, "1.2 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (185.0, "3 min 05 s"),
        (3599.9, "1 h 00 min"),
        (7620.0, "2 h 07 min"),
    ],
)
def test_duration(seconds: float, words: str) -> None:
    assert duration(seconds) == words


def test_elapsed_and_count() -> None:
    assert elapsed(9.9) == "9 s"
    assert elapsed(float("nan")) == "0 s"
    assert count(1, "check") == "1 check"
    assert count(0, "check") == "0 checks"
