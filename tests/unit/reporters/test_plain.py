from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.reporters import samples, stories

from runner.events import Event, RunEnded
from runner.reporters.console import ConsoleListener, Options, console, print_closing
from runner.reporters.console.chatter import Chatter
from runner.reporters.console.paper import Paper, is_terminal, width_of


def play(options: Options, events: Iterable[Event], encoding: str = "utf-8", **environ: str) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding)
    with console(stream, samples.POINTERS, options, environ) as listener:
        for event in events:
            listener.hear(event)
    return raw.getvalue().decode(encoding)


@pytest.mark.parametrize(
    ("name", "options"),
    [("plain", Options()), ("quiet", Options(quiet=True)), ("verbose", Options(verbose=True))],
)
def test_golden(name: str, options: Options) -> None:
    samples.compare(f"{name}.txt", play(options, stories.told()))


def test_golden_passed() -> None:
    samples.compare("passed.txt", play(Options(), stories.passed()))


def test_quiet_and_passed_is_one_line() -> None:
    found = play(Options(quiet=True), stories.passed())
    assert found == (
        "PASSED mlflow 3.6.0 verification: 1 passed in 31.2 s · evidence: analysis_outputs/live\n"
    )


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_other_encodings_get_what_they_can_show(encoding: str) -> None:
    found = play(Options(verbose=True), stories.told(), encoding)
    assert "+ Fast unit tests" in found
    assert "Sample audit ??? [red]" in found


@pytest.mark.parametrize(
    ("option", "environ", "colored"),
    [
        (None, {}, False),
        (None, {"FORCE_COLOR": "1"}, True),
        (None, {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (True, {"NO_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_color(option: bool | None, environ: dict[str, str], colored: bool) -> None:  # noqa: FBT001
    found = play(Options(color=option), stories.passed(), **environ)
    assert ("\x1b[" in found) is colored


def test_only_verbose_wants_output() -> None:
    def listener(options: Options) -> ConsoleListener:
        return console(io.StringIO(), samples.POINTERS, options, {})

    assert listener(Options(verbose=True)).wants_output
    assert not listener(Options()).wants_output


def test_the_closing_part_can_be_printed_again() -> None:
    live, again = io.StringIO(), io.StringIO()
    with console(live, samples.POINTERS, environ={}) as listener:
        listener.hear(RunEnded(samples.mixed()))
    print_closing(samples.mixed(), again, samples.POINTERS, environ={})
    assert live.getvalue() == again.getvalue()


class Torn(io.StringIO):
    """A pipe whose reader has gone."""

    writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        raise BrokenPipeError(text)


def test_a_reader_that_goes_away_does_not_stop_the_run() -> None:
    stream = Torn()
    with console(stream, samples.POINTERS, environ={}) as listener:
        for event in stories.told():
            listener.hear(event)
    assert stream.writes == 1


def test_plain_does_without_rich() -> None:
    code = "import sys, runner.reporters.console; sys.exit('rich' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_widths() -> None:
    master, slave = os.openpty()
    with os.fdopen(slave, "w") as stream, os.fdopen(master, "rb"):
        assert is_terminal(stream)
        assert width_of(stream) == 80
        assert Paper(stream, color=False).look.width == 80
    assert not is_terminal(stream)  # closed
    assert width_of(io.StringIO()) > 1000
    assert width_of(Pretending()) == 80


class Pretending(io.StringIO):
    """Says that it is a terminal."""

    def isatty(self) -> Literal[True]:
        return True


@given(st.lists(st.binary()))
def test_output_comes_in_whole_lines(chunks: list[bytes]) -> None:
    chatter = Chatter()
    lines = [line for chunk in chunks for line in chatter.lines(chunk)]
    lines += chatter.rest()
    assert not [line for line in lines if not line.isprintable() and "\n" in line]
    once = Chatter()
    assert [line for line in lines if line] == [
        line for line in [*once.lines(b"".join(chunks)), *once.rest()] if line
    ]


def test_a_line_without_end_is_given_in_pieces() -> None:
    chatter = Chatter()
    assert [len(line) for line in chatter.lines(b"x" * 20_000)] == [8192, 8192]
    assert [len(line) for line in chatter.rest()] == [20_000 - 2 * 8192]
