"""What a person sees while a stage runs, and when it has ended.

`console` picks the way: a live display on a terminal, plain lines elsewhere, and in a CI system
whatever it understands besides. `closing` is the
last part alone, for a run that was read back from its ``run.json``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, Self, TextIO

import msgspec

from runner.events import Listener
from runner.model import Run
from runner.reporters.ci import inert, system_of
from runner.reporters.console.closing import Pointers, closing
from runner.reporters.console.page import can_unicode
from runner.reporters.console.paper import Paper, is_terminal
from runner.reporters.console.plain import Plain, Quiet

__all__ = ["ConsoleListener", "Options", "Pointers", "console", "paper", "print_closing"]


class Options(msgspec.Struct, frozen=True):
    """What the user wants to see."""

    quiet: bool = False
    """Only what did not pass, and the verdict."""
    verbose: bool = False
    """Also what children print."""
    color: bool | None = None
    """None decides by the terminal, ``NO_COLOR`` and ``FORCE_COLOR``."""
    live: bool | None = None
    """None decides by the terminal."""


class ConsoleListener(Listener, Protocol):
    """A listener to be used in a ``with`` block, which brings the terminal back to normal."""

    def __enter__(self) -> Self:
        """Begin."""

    def __exit__(self, *exc_info: object) -> None:
        """Leave the terminal as it was found."""


def console(
    stream: TextIO,
    pointers: Pointers,
    options: Options | None = None,
    environ: Mapping[str, str] = os.environ,
) -> ConsoleListener:
    """Make the listener that suits the stream and the user; it prints the closing part too."""
    options = options or Options()
    color = _color(stream, options, environ)
    sheet = paper(stream, options, environ)
    if options.quiet or options.verbose or not _live(stream, options, environ):
        return _lines(sheet, pointers, options, environ)
    # Importing rich takes longer than all the rest; only a live display needs it.
    from runner.reporters.console.live import Live, screen

    return Live(screen(stream, color=color), sheet, pointers)


def _lines(
    sheet: Paper, pointers: Pointers, options: Options, environ: Mapping[str, str]
) -> ConsoleListener:
    quiet = options.quiet
    plain = Quiet(sheet, pointers) if quiet else Plain(sheet, pointers, verbose=options.verbose)
    system = system_of(environ)
    if system is None:
        return plain
    from runner.reporters.ci.console import CiConsole

    return CiConsole(plain, sheet, system, Path(pointers.dossier))


def print_closing(
    run: Run,
    stream: TextIO,
    pointers: Pointers,
    options: Options | None = None,
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Print the closing part of a run that has ended, as `console` would have."""
    options = options or Options()
    sheet = paper(stream, options, environ)
    sheet.print(closing(run, pointers, sheet.look, brief=options.quiet))


def paper(
    stream: TextIO, options: Options | None = None, environ: Mapping[str, str] = os.environ
) -> Paper:
    """Give what lines are printed on, with colours as the user wants them."""
    color = _color(stream, options or Options(), environ)
    return Paper(stream, color=color, inert=inert if system_of(environ) else str)


def _color(stream: TextIO, options: Options, environ: Mapping[str, str]) -> bool:
    """Follow https://no-color.org and https://force-color.org."""
    if options.color is not None:
        return options.color
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return is_terminal(stream) and environ.get("TERM") != "dumb"


def _live(stream: TextIO, options: Options, environ: Mapping[str, str]) -> bool:
    if options.live is not None:
        return options.live
    able = environ.get("TERM", "dumb") != "dumb" and can_unicode(getattr(stream, "encoding", None))
    return able and is_terminal(stream)
