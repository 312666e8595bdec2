"""Words for people: short, on one line, printable."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.kinds.verdicts import judge
from runner.kinds.wording import one_line, quoted, seconds, shell_line, shorten, some
from runner.model import Outcome


@pytest.mark.parametrize(
    ("duration", "words"),
    [(0.25, "0.25s"), (0.5, "0.5s"), (1.9999, "2s"), (2.34, "2.3s"), (90, "90s"), (900, "15m")],
)
def test_durations(duration: float, words: str) -> None:
    assert seconds(duration) == words


@given(st.text())
def test_one_line_is_printable_and_short(text: str) -> None:
    assert one_line(text * 50, 100).isprintable()
    assert quoted(text).isprintable()
    assert len(shorten(text, 20)) <= 23


@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z")), max_size=9), min_size=1))
def test_a_shell_reads_back_what_it_is_shown(argv: list[str]) -> None:
    assert shlex.split(shell_line(argv)) == argv


@given(st.lists(st.text(max_size=9), min_size=1))
def test_any_argv_is_one_line(argv: list[str]) -> None:
    assert len(shell_line(argv).splitlines()) == 1


def test_some_names() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(["a\n\x1b"] * 7) == "a \\x1b, a \\x1b, a \\x1b, a \\x1b, a \\x1b and 2 more"


def test_without_an_assertion_nothing_is_proven() -> None:
    assert judge(()).outcome is Outcome.ERRORED
