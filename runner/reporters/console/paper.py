"""A text stream that takes lines, and falls silent when nobody reads it any more."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TextIO

from msgspec.structs import replace

from runner.reporters.console.page import UNBOUNDED, Line, Look, can_unicode, render

_DEFAULT_WIDTH = 80


def is_terminal(stream: TextIO) -> bool:
    """Say whether a person looks at the stream."""
    try:
        return stream.isatty()
    except (AttributeError, ValueError):
        return False


def width_of(stream: TextIO) -> int:
    """Measure the stream: a terminal's columns now, else no bound."""
    if not is_terminal(stream):
        return UNBOUNDED
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or _DEFAULT_WIDTH


class Paper:
    """Prints lines to a stream, each as soon as it is there."""

    def __init__(
        self,
        stream: TextIO,
        *,
        color: bool,
        width: int | None = None,
        inert: Callable[[str], str] = str,
    ) -> None:
        """Take the stream; without a width it is measured anew for each line.

        ``inert`` goes over all that is printed: a CI system could take it for commands.
        """
        self._stream = stream
        self._inert = inert
        self._encoding = getattr(stream, "encoding", None)
        self._look = Look(color=color, unicode=can_unicode(self._encoding))
        self._width = width
        self._torn = False

    @property
    def look(self) -> Look:
        """Give what the stream can show at this moment."""
        width = width_of(self._stream) if self._width is None else self._width
        return replace(self._look, width=width)

    def print(self, lines: Iterable[Line]) -> None:
        """Print lines; where the reader has gone (``| head``), do nothing."""
        color = self._look.color
        self._write("".join(f"{self._inert(render(spans, color=color))}\n" for spans in lines))

    def command(self, lines: Iterable[str]) -> None:
        """Print lines as they are, for a CI system; where the reader has gone, do nothing."""
        for text in lines:
            self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        if self._torn or not text:
            return
        if not self._look.unicode:
            encoding = self._encoding or "ascii"
            text = text.encode(encoding, "replace").decode(encoding)
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):
            self._torn = True
