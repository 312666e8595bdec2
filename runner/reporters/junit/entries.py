"""What a JUnit document is made of, before it is XML: suites, entries and their faults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec


class Tag(StrEnum):
    """How an entry counts; but for ``passed`` also the name of its element."""

    PASSED = "passed"
    """No element."""
    FAILURE = "failure"
    """It ran and said no."""
    ERROR = "error"
    """It could not be decided."""
    SKIPPED = "skipped"
    """It did not run, or its failure is allowed."""


RED = frozenset({Tag.FAILURE, Tag.ERROR})
"""What makes a report red."""


OUTPUT = "system-out"
"""The element of what is told of an entry, and is no fault; it has no attributes."""


class Fault(msgspec.Struct, frozen=True):
    """A child element of a test case that says what went wrong."""

    element: str
    """``failure``, ``error``, ``skipped``, Surefire's ``flakyFailure``, ``rerunError``, …, or
    `OUTPUT`."""
    kind: str
    """The ``type``: a stable word to group by."""
    message: str
    """One line."""
    text: str = ""
    """The body."""


def no_faults() -> tuple[Fault, ...]:
    """Give the faults of an entry that has none."""
    return ()


class Entry(NamedTuple):
    """A test case; a tuple, as there may be a hundred thousand."""

    classname: str
    """Dotted, for readers that group by it."""
    name: str
    """As people know it."""
    seconds: float
    """How long it took."""
    tag: Tag
    """How it counts."""
    faults: Callable[[], tuple[Fault, ...]] = no_faults
    """Makes its child elements, the one of its tag first; called only when it is written."""
    properties: Callable[[], tuple[tuple[str, str], ...]] = tuple
    """Makes those of the extended dialect."""


class Suite(msgspec.Struct, frozen=True):
    """A test suite; its entries are made anew for each reading, so that they need no memory."""

    name: str
    """As people know it."""
    seconds: float
    """How long it took."""
    timestamp: str
    """When it began, ISO 8601 with offset; may be empty."""
    entries: Callable[[], Iterator[Entry]]
    """Its test cases."""
    tally: Counter[Tag]
    """How many of them count as what."""
    properties: tuple[tuple[str, str], ...] = ()
    """For both dialects."""
