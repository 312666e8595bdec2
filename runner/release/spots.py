"""Spots: where in a file a pin repeats the release, and what stands there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
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

    def wants(self, values: Mapping[str, str]) -> str:
        """Give what should stand there."""
        return fill(self.template, values)


def line_of(text: str, index: int) -> int:
    """Give the line of an index, counted from 1."""
    return text.count("\n", 0, index) + 1


_PLACE = re.compile(r"\{(\w+)\}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Fill ``{name}`` in a template, and nothing else: other braces are the file's own.

    What is filled in is not looked at again, so a value may hold braces.
    """
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), template)


def apply(text: str, spots: Sequence[Spot], values: Mapping[str, str]) -> str:
    """Give the text with the values at its spots; every other character stays.

    A spot that holds what it should keeps its hashes, for they belong to that version.
    """
    pieces: list[str] = []
    at = 0
    for spot in sorted(spots, key=lambda one: one.start):
        wanted = spot.wants(values)
        if spot.has(text) == wanted:
            continue
        pieces += [text[at : spot.start], wanted]
        at = spot.end
        for start, end in spot.drops:
            pieces.append(text[at:start])
            at = end
    return "".join([*pieces, text[at:]])


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
