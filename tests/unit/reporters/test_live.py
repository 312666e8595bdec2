from __future__ import annotations

import io
import re
import time
from typing import Literal

import pytest
from rich.console import Console
from unit.reporters import samples, stories

from runner.events import AttemptEnded, AttemptStarted, CheckEnded, RunStarted
from runner.model import Outcome
from runner.reporters.console import Options, console
from runner.reporters.console.board import Board
from runner.reporters.console.live import Live, screen
from runner.reporters.console.page import Look, render
from runner.reporters.console.paper import Paper
from runner.reporters.width import cells

HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
# What rich itself writes: colours, cursor up, erase line, carriage return, cursor on and off.
ALLOWED = re.compile(r"\x1b\[(?:[0-9;]*m|1A|2K|\?25[lh])|\r|\n")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> Literal[True]:
        return True


def terminal(width: int, height: int = 24) -> Console:
    return Console(
        file=Terminal(),
        force_terminal=True,
        width=width,
        height=height,
        color_system="standard",
        no_color=False,
        _environ={"TERM": "xterm"},
    )


def live(shown: Console) -> Live:
    paper = Paper(shown.file, color=False, width=shown.width)  # type: ignore[arg-type]
    return Live(shown, paper, samples.POINTERS)


def output(shown: Console) -> str:
    assert isinstance(shown.file, Terminal)
    return shown.file.getvalue()


@pytest.mark.parametrize("width", [100, 60, 20, 5])
def test_hostile_output_stays_harmless(width: int) -> None:
    shown = terminal(width)
    with live(shown) as listener:
        for event in stories.told():
            listener.hear(event)
    text = output(shown)
    rest = ALLOWED.sub("", text)
    assert rest.isprintable()
    assert "title" not in rest
    if width == 100:
        assert "[bold]now[/bold] <U+202E>evil\ufffd" in rest
        assert "✓ Fast unit tests" in rest
    assert text.count(HIDE) == text.count(SHOW) == 1


def test_the_cursor_comes_back_after_an_interrupt() -> None:
    shown = terminal(80)

    def interrupted() -> None:
        with live(shown) as listener:
            listener.hear(next(stories.told()))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert output(shown).index(HIDE) < output(shown).index(SHOW)


def test_a_block_that_heard_nothing_prints_nothing() -> None:
    shown = terminal(80)
    with live(shown):
        pass
    assert output(shown) == ""


def test_the_display_moves_by_itself() -> None:
    shown = terminal(80)
    lines = iter(f"line {number}" for number in range(1000))
    check = samples.check("a", "A")
    with live(shown) as listener:
        listener.hear(RunStarted("r", "s", "x 1", (check,)))
        listener.hear(AttemptStarted(check, 1, lambda: next(lines)))
        deadline = time.monotonic() + 30
        while "line 3" not in output(shown) and time.monotonic() < deadline:
            time.sleep(0.01)
    assert "line 3" in output(shown)


def test_a_narrowed_terminal_is_erased_as_far_as_it_broke_the_lines() -> None:
    shown = terminal(80)
    check = samples.check("a", "A")
    with live(shown) as listener:
        listener.hear(RunStarted("r", "s", "x 1", (check,)))
        shown.width = 20
        before = len(output(shown))
        result = samples.result("a", "A", samples.attempt(Outcome.PASSED))
        listener.hear(CheckEnded(check, result))
        # The one line of the display was 40 cells for the bar and more for the counts: 3 rows.
        assert output(shown)[before:].count("\x1b[1A\x1b[2K") == 2


class Gone(Terminal):
    """A terminal that was closed."""

    def write(self, text: str) -> int:
        raise OSError(5, text)


class Torn(Terminal):
    """A pipe without a reader that passes for a terminal."""

    def write(self, text: str) -> int:
        raise BrokenPipeError(text)


@pytest.mark.parametrize("stream", [Gone(), Torn()])
def test_a_terminal_that_has_gone_does_not_stop_the_run(stream: Terminal) -> None:
    paper = Paper(stream, color=True)
    with Live(screen(stream, color=True), paper, samples.POINTERS) as listener:
        for event in stories.told():
            listener.hear(event)


@pytest.mark.parametrize(
    ("encoding", "term", "option", "alive"),
    [
        ("utf-8", "xterm", None, True),
        ("utf-8", "xterm", False, False),
        ("latin-1", "xterm", None, False),
        ("utf-8", "dumb", None, False),
        ("utf-8", "dumb", True, True),
    ],
)
def test_a_terminal_gets_a_live_display(
    encoding: str, term: str, *, option: bool | None, alive: bool
) -> None:
    stream = Terminal()
    stream.encoding = encoding
    found = console(stream, samples.POINTERS, Options(live=option), {"TERM": term})
    assert isinstance(found, Live) is alive


def test_no_color_means_none() -> None:
    stream = Terminal()
    environ = {"TERM": "xterm", "NO_COLOR": "1"}
    with console(stream, samples.POINTERS, environ=environ) as listener:
        for event in stories.told():
            listener.hear(event)
    assert not re.search(r"\x1b\[[0-9;]*m", stream.getvalue())


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def picture(board: Board, width: int = 60, height: int = 20) -> list[str]:
    lines = [render(line, color=False) for line in board.picture(Look(width), height)]
    assert all(cells(line) <= width for line in lines)
    assert len(lines) <= max(height, 1)
    return lines


def board(clock: Clock, count: int) -> Board:
    found = Board(clock)
    checks = tuple(samples.check(f"c{number}", f"Check {number}", 3) for number in range(count))
    found.hear(RunStarted("r", "s", "x 1", checks))
    for check in checks:
        found.hear(AttemptStarted(check, 1, lambda: "busy"))
    return found


def test_several_checks_at_once() -> None:
    clock = Clock()
    shown = board(clock, 2)
    clock.now = 65.0
    assert picture(shown) == [
        "⠋ Check 0           1 min 05 s",
        "  │ busy",
        "⠋ Check 1           1 min 05 s",
        "  │ busy",
        "──────────────────────────────────────── 0/2 · 1 min 05 s",
    ]


def test_a_low_terminal_shows_titles_only_and_then_counts() -> None:
    clock = Clock()
    assert len(picture(board(clock, 9), height=10)) == 10
    assert picture(board(clock, 9), height=4)[1:] == [
        "⠋ Check 1                0 s",
        "  and 7 more",
        "──────────────────────────────────────── 0/9 · 0 s",
    ]
    assert len(picture(board(clock, 9), height=0)) == 1


def test_counts_and_a_pause_between_attempts() -> None:
    clock = Clock()
    shown = board(clock, 2)
    first, second = (samples.check(f"c{number}", f"Check {number}", 3) for number in range(2))
    failed = samples.attempt(Outcome.FAILED)
    shown.hear(AttemptEnded(first, failed, 2.0))
    assert picture(shown)[0] == "⠋ Check 0                0 s  waiting 2.0 s to retry"
    shown.hear(AttemptStarted(first, 2, lambda: ""))
    assert picture(shown)[0] == "⠋ Check 0                0 s  attempt 2 of 3"
    shown.hear(AttemptStarted(first, 4, lambda: ""))  # of a run that was resumed
    assert picture(shown)[0] == "⠋ Check 0                0 s  attempt 4"
    shown.hear(AttemptEnded(first, failed, None))
    shown.hear(CheckEnded(first, samples.result("c0", "Check 0", failed)))
    shown.hear(CheckEnded(second, samples.result("c1", "Check 1", failed)))
    assert picture(shown) == ["━" * 39 + " 2/2 · 2 failed · 0 s"]
    assert picture(shown, width=20) == ["2/2 · 2 failed · 0 s"]
    assert picture(shown, width=10) == ["2/2 · 2 f…"]


def test_a_log_that_cannot_be_read_is_no_reason_to_stop() -> None:
    shown = Board(Clock())

    def broken() -> str:
        raise OSError

    check = samples.check("a", "A")
    shown.hear(RunStarted("r", "s", "x 1", (check,)))
    shown.hear(AttemptStarted(check, 1, broken))
    assert len(picture(shown)) == 2
