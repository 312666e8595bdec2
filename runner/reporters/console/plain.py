"""Plain lines, for files, pipes, CI logs, ``--quiet`` and ``--verbose``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from runner.events import (
    AttemptEnded,
    AttemptStarted,
    CheckEnded,
    Event,
    Output,
    RunEnded,
    RunStarted,
    ServiceEnded,
    ServiceReady,
    ServiceStarting,
)
from runner.reporters.console import rows
from runner.reporters.console.chatter import Chatter
from runner.reporters.console.closing import Pointers, closing
from runner.reporters.console.page import Line, Tone, line, say
from runner.reporters.console.paper import Paper


class Plain:
    """Prints a line for what begins and what ends; with ``verbose`` also what children print."""

    tells_course = True
    """Whether it tells what begins and what ends."""

    def __init__(self, paper: Paper, pointers: Pointers, *, verbose: bool = False) -> None:
        """Print on paper."""
        self.wants_output = verbose
        self._paper = paper
        self._pointers = pointers
        self._chatter: dict[str, Chatter] = {}
        self._positions: dict[str, str] = {}
        self._column = 0

    def __enter__(self) -> Self:
        """Begin; nothing is to be prepared."""
        return self

    def __exit__(self, *exc_info: object) -> None:
        """End; every line was printed as it came."""

    def hear(self, event: Event) -> None:
        """Print what the event tells."""
        self._paper.print(self._lines(event))

    def _lines(self, event: Event) -> Iterator[Line]:
        look = self._paper.look
        match event:
            case RunStarted():
                yield self._begin(event)
            case ServiceStarting() | ServiceReady() | ServiceEnded():
                yield from rows.service(event, self._column, look)
            case AttemptStarted():
                yield rows.started(event, self._positions.get(event.check.id, ""), look)
            case Output(check=check, data=data) if self.wants_output:
                chatter = self._chatter.setdefault(check, Chatter())
                yield from self._prefixed(check, chatter.lines(data))
            case AttemptEnded(check=check, retry_in=retry_in):
                yield from self._rest(check.id)
                if retry_in is not None:
                    yield rows.retrying(event, look)
            case CheckEnded(result=result):
                yield rows.finished(result, self._column, look)
            case RunEnded(run=run):
                for check_id in tuple(self._chatter):
                    yield from self._rest(check_id)
                yield from closing(run, self._pointers, look)

    def _begin(self, event: RunStarted) -> Line:
        total = len(event.checks)
        self._positions = {
            check.id: f"[{number}/{total}]" for number, check in enumerate(event.checks, 1)
        }
        self._column = rows.column(event.checks, self._paper.look)
        return rows.headline(event)

    def _rest(self, check: str) -> Iterator[Line]:
        chatter = self._chatter.pop(check, None)
        if chatter:
            yield from self._prefixed(check, chatter.rest())

    def _prefixed(self, check: str, lines: Iterable[str]) -> Iterator[Line]:
        before = say(f"{check} {self._paper.look.gutter} ", Tone.FAINT)
        for text in lines:
            yield line(before, text)


class Quiet(Plain):
    """Prints nothing but what did not pass, and the verdict."""

    tells_course = False

    def hear(self, event: Event) -> None:
        """Wait for the end."""
        if isinstance(event, RunEnded):
            super().hear(event)

    def _lines(self, event: Event) -> Iterator[Line]:
        if isinstance(event, RunEnded):
            yield from closing(event.run, self._pointers, self._paper.look, brief=True)
