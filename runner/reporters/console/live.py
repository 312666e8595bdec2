"""A live display on a terminal; the only module that imports rich.

Finished checks scroll by above, what is under way is redrawn below. Only text that is safe
already reaches rich, as `Text`, never as markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self, TextIO

from rich.console import Console, ConsoleOptions, RenderResult
from rich.control import Control
from rich.live import Live as RichLive
from rich.live_render import LiveRender
from rich.segment import ControlType, Segment
from rich.text import Text

from runner.events import (
    AttemptEnded,
    CheckEnded,
    Event,
    RunEnded,
    RunStarted,
    ServiceEnded,
    ServiceReady,
)
from runner.reporters.console import rows
from runner.reporters.console.board import Board
from runner.reporters.console.closing import Pointers, closing
from runner.reporters.console.page import Line, Look, Tone
from runner.reporters.console.paper import Paper

_PER_SECOND = 8
_STYLES = {
    Tone.PLAIN: "",
    Tone.GOOD: "green",
    Tone.BAD: "bold red",
    Tone.ODD: "yellow",
    Tone.BUSY: "cyan",
    Tone.FAINT: "dim",
    Tone.STRONG: "bold",
}


class _Screen(Console):
    """A console that falls silent, instead of exiting, when nobody reads it any more."""

    def on_broken_pipe(self) -> None:
        """Print nothing from now on."""
        self.quiet = True


def screen(stream: TextIO, *, color: bool) -> Console:
    """Make the console for a terminal."""
    return _Screen(
        file=stream,
        force_terminal=True,
        color_system="auto" if color else None,
        no_color=not color,
        highlight=False,
        markup=False,
        emoji=False,
    )


@dataclass(frozen=True)
class _Picture:
    """Lines that rich can draw."""

    lines: tuple[Line, ...]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Give each line as text that is neither wrapped nor interpreted."""
        yield from map(_text, self.lines)


class _Region(LiveRender):
    """Erases what it drew also where the terminal was narrowed and broke the lines meanwhile."""

    def __init__(self, console: Console) -> None:
        super().__init__("")
        self._console = console
        self._drawn: tuple[int, ...] = ()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        parts = super().__rich_console__(console, options)
        segments = [part for part in parts if isinstance(part, Segment)]
        self._drawn = tuple(map(Segment.get_line_length, Segment.split_lines(segments)))
        return segments

    def _rows(self) -> int:
        width = max(self._console.width, 1)
        return sum(max(1, -(-cells // width)) for cells in self._drawn)

    def position_cursor(self) -> Control:
        """Erase the drawing; the cursor is on its last row."""
        erase = (ControlType.ERASE_IN_LINE, 2)
        up = ((ControlType.CURSOR_UP, 1), erase) * max(self._rows() - 1, 0)
        return Control(ControlType.CARRIAGE_RETURN, erase, *up)

    def restore_cursor(self) -> Control:
        """Erase the drawing; the cursor is below its last row."""
        up = ((ControlType.CURSOR_UP, 1), (ControlType.ERASE_IN_LINE, 2)) * self._rows()
        return Control(ControlType.CARRIAGE_RETURN, *up)


class _Display(RichLive):
    """The redrawn part of the terminal."""

    def __init__(self, console: Console, draw: Callable[[], _Picture]) -> None:
        super().__init__(
            console=console,
            get_renderable=draw,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live_render = _Region(console)

    def refresh(self) -> None:
        """Redraw; a terminal that has gone is no reason to stop a run."""
        with suppress(OSError, ValueError):
            super().refresh()

    def scroll(self, lines: Iterable[Line]) -> None:
        """Print lines above, and redraw what is under way."""
        with self._lock:
            self._live_render.set_renderable(self.renderable)
            for spans in lines:
                self.console.print(_text(spans), soft_wrap=True)


class Live:
    """Shows progress while a stage runs; a context manager, so that the cursor comes back."""

    wants_output = False

    def __init__(
        self, console: Console, paper: Paper, pointers: Pointers, board: Board | None = None
    ) -> None:
        """Draw on the console, and print the closing part on paper of the same stream."""
        self._console = console
        self._paper = paper
        self._pointers = pointers
        self._board = board or Board()
        self._column = 0
        self._display = _Display(console, self._draw)

    def __enter__(self) -> Self:
        """Begin; the display appears with the first event."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """Remove the display and bring the cursor back, whatever has happened."""
        self._stop()

    def hear(self, event: Event) -> None:
        """Show what the event tells."""
        self._board.hear(event)
        if isinstance(event, RunEnded):
            self._stop()
            self._paper.print(closing(event.run, self._pointers, self._paper.look))
            return
        with suppress(OSError, ValueError):
            self._display.scroll(self._lines(event))
            if isinstance(event, RunStarted):
                self._display.start(refresh=True)

    def _stop(self) -> None:
        with suppress(OSError, ValueError):
            self._display.stop()

    def _look(self) -> Look:
        # The last column stays free: some terminals break a line that fills it.
        return Look(width=max(self._console.width - 1, 1))

    def _draw(self) -> _Picture:
        return _Picture(tuple(self._board.picture(self._look(), self._console.height - 1)))

    def _lines(self, event: Event) -> Iterator[Line]:
        look = self._look()
        match event:
            case RunStarted():
                self._column = rows.column(event.checks, look)
                yield rows.headline(event)
            case ServiceReady() | ServiceEnded():
                yield from rows.service(event, self._column, look)
            case AttemptEnded() if event.retry_in is not None:
                yield rows.retrying(event, look)
            case CheckEnded(result=result):
                yield rows.finished(result, self._column, look)
            case _:
                pass


def _text(spans: Line) -> Text:
    parts = ((span.text, _STYLES[span.tone]) for span in spans)
    return Text.assemble(*parts, no_wrap=True, overflow="crop")
