"""Places that are to be redacted, and how they come together where they overlap."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """Bytes that are to be replaced."""

    start: int
    """Of the first byte."""
    stop: int
    """After the last byte."""
    name: str
    """What is there."""
    known: bool
    """Whether it is the value of a secret; else it only has the form of one."""


def merged(spans: Iterable[Span]) -> list[Span]:
    """Give the spans in order, overlapping ones as one; a known and long one gives the name."""
    together: list[Span] = []
    weights: list[tuple[bool, int]] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.stop)):
        weight = (span.known, span.stop - span.start)
        if not together or span.start >= together[-1].stop:
            together.append(span)
            weights.append(weight)
            continue
        last = together[-1]
        best = span if weight > weights[-1] else last
        weights[-1] = max(weight, weights[-1])
        together[-1] = Span(last.start, max(last.stop, span.stop), best.name, best.known)
    return together


def whole_escapes(data: bytes, span: Span) -> Span:
    r"""Widen a span so that it cuts no escape: ``\n`` and ``\u0041`` stay whole or go.

    Evidence in JSON stays JSON, whatever the first and last characters of a secret are.
    """
    start, stop = span.start, span.stop
    for back in range(1, 6):
        mark = data[max(0, start - back) : start]
        if mark[:1] == b"\\":
            inside = back == 1 or mark[1:2] == b"u"
            if inside and _backslashes(data, start - back + 1) % 2:
                start -= back
            break
    if data[stop : stop + 1] and _backslashes(data[start:stop], stop - start) % 2:
        stop += 1
    return span._replace(start=start, stop=stop)


def _backslashes(data: bytes, stop: int) -> int:
    """Count the backslashes that end there."""
    count = 0
    while count < stop and data[stop - count - 1] == 0x5C:  # noqa: PLR2004 - a backslash
        count += 1
    return count
