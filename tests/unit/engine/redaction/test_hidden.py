"""What no reader sees splits no secret."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.streams import streamed

from runner.engine.redaction import RedactedStream, Redactor
from runner.engine.redaction.hidden import LIMIT, maybe_in, shown
from runner.reporters.text import clean

SECRET = "abc-def_123.4567-Zq8w"
REDACTOR = Redactor({"KEY": SECRET})
HIDDEN = (
    *("\x1b[1m", "\x1b[38;2;0;0;1m", "\x9b1m", "\x1b(B", "\x1b]0;title\x07", "\x9d0;t\x9c"),
    *("\x1b]8;;http://x\x1b\\", "\x1bPq#0\x1b\\", "\0", "\b", "\x7f", "\x90", "\u200b", "\u202e"),
    *("\u2066", "\ufeff", "\u00ad", "\u061c"),
)
BROKEN = ("\x1b", "[", "m", "1", "]", "\n", "\x85", "é", "…", "\x9b", "\x9c", "\x07", "\\")


@st.composite
def split(draw: st.DrawFn) -> bytes:
    """Give the secret with something hidden between some of its characters."""
    gaps = draw(st.lists(st.sampled_from(("", "", *HIDDEN)), min_size=20, max_size=20))
    inside = "".join(map("".join, zip(SECRET, (*gaps, ""), strict=True)))
    return f"is é… {inside}{draw(st.sampled_from(HIDDEN))} here".encode()


@given(split(), st.lists(st.integers(1, 9), min_size=1, max_size=4))
def test_a_secret_is_found_whatever_splits_it(data: bytes, sizes: list[int]) -> None:
    found = REDACTOR.data(data)
    assert streamed(REDACTOR, data, sizes) == found
    assert re.fullmatch("is é… \\[redacted KEY\\](.*) here", found.decode())


@given(st.lists(st.sampled_from((*HIDDEN, *BROKEN))).map("".join))
def test_what_is_hidden_is_what_reports_leave_out(text: str) -> None:
    seen = shown(text.encode())
    rest = seen.text if seen is not None else text.encode()
    marks = re.compile("<U\\+[0-9A-F]{4}>|[\u00ad\u200b\ufeff]")
    assert rest.decode().replace("\x85", "\n") == marks.sub("", clean(text))
    assert maybe_in(text.encode()) is (rest != text.encode())


@given(st.lists(st.sampled_from((*HIDDEN, *BROKEN))).map("".join))
def test_every_byte_that_is_shown_is_found_again(text: str) -> None:
    seen = shown(f"\0{text}".encode())
    assert seen is not None
    for position in range(len(seen.text)):
        place = seen.place(position)
        assert text.encode()[place - 1] == seen.text[position]
        assert seen.cut(position) == place
    assert seen.cut(len(seen.text)) == len(text.encode()) + 1


def test_a_value_that_holds_a_mark_is_found_as_it_is_shown() -> None:
    redactor = Redactor({"KEY": "s3cr\x7fet\x1b[1m-value", "NONE": "tr\x7fue"})
    assert redactor.text("is s3cret-value, true") == "is [redacted KEY], true"
    assert redactor.text("is s3c\0r\x7fet\x1b[1m-value") == "is [redacted KEY]"


def test_a_mark_far_behind_the_beginning_counts() -> None:
    for mark in ("\x1b[1m", "\0", "\u200b", "\x9b1m", "\u2066", "\x7f"):
        text = f"{'é' * 4000}{SECRET[:9]}{mark}{SECRET[9:]}"
        assert REDACTOR.text(text) == f"{'é' * 4000}[redacted KEY]"


def test_what_is_held_back_is_bounded() -> None:
    stream = REDACTOR.stream()
    assert stream.feed(SECRET[:9].encode()) == b""
    sizes = [len(stream.feed(bytes(LIMIT // 4))) for _ in range(6)]
    assert sum(sizes) > LIMIT
    assert stream.feed(b"x\n").endswith(b"x\n")


@pytest.mark.parametrize("mark", ["\x1b[1", "\x1b", "\x1b]0;title", "\xe2", "\xe2\x80", "\xc2"])
def test_half_a_mark_at_the_end_of_a_stream_is_written(mark: str) -> None:
    stream = RedactedStream(REDACTOR)
    half = mark.encode("latin-1")
    assert stream.feed(b"text" + half) + stream.close() == b"text" + half
