"""Spots: where in a file a pin repeats the release, and what stands there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from runner.errors import ExitCode, RunnerError
from runner.model import Pin


class PinError(RunnerError):
    """A pin that is not there as declared: the message names file and line, the hint the mend."""

    exit_code = ExitCode.INVALID


@dataclass(frozen=True)
class Spot:
    """A place in a file's text that repeats something of the release."""

    start: int
    """Index in the text where it begins."""
    end: int
    """Index after its last character; not before ``start``."""
    template: str
    """What must stand there; ``{version}``, ``{status}`` and such are values of the release."""
    drops: tuple[tuple[int, int], ...] = ()
    """Pieces of the text that go when it changes: hashes of the old version. They lie after it."""

    def has(self, text: str) -> str:
        """Give what stands there."""
        return text[self.start : self.end]


def line_of(text: str, index: int) -> int:
    """Give the line of an index, counted from 1."""
    return text.count("\n", 0, index) + 1


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill ``{name}`` in a template, and nothing else: other braces are the file's own."""
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", value)
    return template


@dataclass(frozen=True)
class Format:
    """How a version is written in a kind of file: one file in `runner.release.formats` each."""

    name: str
    """The key in a pin: ``requirement``, ``docker_arg``, …"""
    find: Callable[[str, Pin], tuple[Spot, ...]]
    """Gives every spot of a pin in a file's text, in order, whatever version stands there; raises
    PinError for a text that is no such file."""
    check: Callable[[str, Pin], None]
    """Raises PinError where a changed text is not well-formed any more."""
