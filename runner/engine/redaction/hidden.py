"""Bytes that no reader sees, and that may split a secret: escape sequences, controls, marks.

A report shows a log without them (`runner.reporters.text.clean`), a terminal and a browser as if
they were not there: what they split is whole again. So a secret is looked for in a copy without
them too, and what it covers of the original is replaced.
"""

from __future__ import annotations

import functools
import re
from bisect import bisect_right
from collections.abc import Callable

from runner.engine.redaction.literals import finder
from runner.engine.redaction.rules import compiled
from runner.engine.redaction.spans import Span

LIMIT = 1 << 16
"""Hidden bytes that are held back at most, so that memory stays bounded."""
_PROBE = 1 << 10
"""Bytes that are looked at first: what is full of hidden bytes has some here."""

_LOW = bytes(byte for byte in range(0x10) if byte not in b"\t\n\v\f\r")
_HIGH = bytes(range(0x10, 0x20))
_CONTROLS = _LOW + _HIGH + b"\x7f"
"""C0 and DEL, but tab and the breaks of lines, which do not join what they split."""
_C1 = tuple(b"\xc2%c" % byte for byte in range(0x80, 0xA0) if byte != 0x85)  # noqa: PLR2004
"""C1 in UTF-8, but NEL, a break."""
_MARKS = (
    "\u00ad\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2060\u2061\u2062\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)
"""Soft hyphen, zero widths, joiners, invisible operators, directions (Unicode 15, section 23.2)."""
_WIDE = tuple(one.encode() for one in _MARKS)

# The sequences of ECMA-48, as `clean` knows them: strings, then whatever else begins with ESC.
# They are compiled once they are needed, as output seldom has any.
_CSI = rb"[0-?]*+[ -/]*+"
_INSIDE = rb"(?:[^\x07\x1b\r\n\xc2]|\xc2(?![\x90\x98\x9b-\x9f]))*+"
_ENDED = rb"(?:%s(?:\x07|\x1b\\|\xc2\x9c))?" % _INSIDE
_AFTER_ESC = rb"(?:\[%s[@-~]|[PX\]^_]%s|[ -/]*+[0-~])" % (_CSI, _ENDED)
_ESCAPE = rb"\x1b" + _AFTER_ESC
_AFTER_C2 = rb"(?:\x9b%s[@-~]|[\x90\x98\x9d-\x9f]%s|[\x80-\x84\x86-\x9f\xad])" % (_CSI, _ENDED)
_AFTER_E2 = rb"(?:\x80[\x8b-\x8f\xaa-\xae]|\x81[\xa0-\xa4\xa6-\xa9])"
_HIDDEN = (  # a class of first bytes is searched for four times as fast as alternatives
    rb"[%s\xc2\xd8\xe2\xef](?:(?<=\x1b)%s|(?<=\xc2)%s|(?<=\xd8)\x9c|(?<=\xe2)%s|(?<=\xef)\xbb\xbf"
    rb"|(?<=[%s]))" % (re.escape(_CONTROLS), _AFTER_ESC, _AFTER_C2, _AFTER_E2, re.escape(_CONTROLS))
)
_BEGUN = (
    rb"(?:(?:\x1b\[|\xc2\x9b)%s|(?:\x1b[PX\]^_]|\xc2[\x90\x98\x9d-\x9f])%s\x1b?|\x1b[ -/]*+)\Z"
    % (_CSI, _INSIDE)
)
"""A sequence that is not whole yet."""
_INTRODUCERS = tuple(b"\xc2%c" % byte for byte in b"\x90\x98\x9b\x9d\x9e\x9f")
_HALF = rb"(?:[\xc2\xd8\xe2\xef]|\xe2[\x80\x81]|\xef\xbb)\Z"
"""The beginning of a character that may be hidden."""


class Shown:
    """Data as a reader sees it, and where each part of it stands."""

    def __init__(self, data: bytes) -> None:
        """Leave out what is hidden."""
        self._data = data
        self._places: tuple[list[int], list[int]] | None = None
        self.text = _shown(data)
        """What is left."""

    def place(self, position: int) -> int:
        """Say where a byte of the text stands in the data."""
        if self._places is None:
            self._places = _places(self._data)
        texts, offsets = self._places
        part = bisect_right(texts, position) - 1
        return offsets[part] + position - texts[part]

    def cut(self, position: int) -> int:
        """Do what `place` does, and quickly near the end; the end of the text is that of all.

        No sequence goes over the end of a line, so that one line tells.
        """
        if position >= len(self.text):
            return len(self._data)
        lines = self._data.rsplit(b"\n", self.text.count(b"\n", position) + 1)
        begin = self.text.rfind(b"\n", 0, position) + 1
        line = len(lines[0]) + 1 if begin else 0
        texts, offsets = _places(self._data[line:], position - begin)
        return line + offsets[-1] + position - begin - texts[-1]

    def span(self, span: Span) -> Span:
        """Give what a span of the text covers, with all that is hidden in it."""
        return span._replace(start=self.place(span.start), stop=self.place(span.stop - 1) + 1)


def shown(data: bytes, *, more: bool = False) -> Shown | None:
    """Give what is seen of the data; None where that is all of it, as nearly always.

    Where ``more`` follows, what may be hidden together with that is left out at the end.
    """
    end = len(data)
    if maybe_in(data):
        end = _begun(data) if more else end
        return Shown(data[:end])
    half = compiled(_HALF).search(data, max(0, end - 2)) if more else None
    return Shown(data[: half.start()]) if half else None


def maybe_in(data: bytes) -> bool:
    """Say whether anything hidden stands there."""
    probe = data[:_PROBE]
    if len(probe.translate(None, _CONTROLS)) < len(probe):
        return True
    if len(data) > _PROBE:
        low, high, *_ = _finders()
        if low(data) or high(data) or b"\x7f" in data:
            return True
    return not data.isascii() and _wide(data)


def _wide(data: bytes) -> bool:
    return any(find(data) for find in _finders()[2:])


@functools.cache
def _finders() -> tuple[Callable[[bytes], object], ...]:
    """Give a search for the low and the high half of C0, and those for longer ones."""
    groups: dict[bytes, list[bytes]] = {}
    for one in _WIDE:
        groups.setdefault(one[:-1], []).append(one)
    controls = ([bytes([one]) for one in half] for half in (_LOW, _HIGH))
    return tuple(map(finder, (*controls, _C1[:15], _C1[15:], *groups.values())))


def _shown(data: bytes) -> bytes:
    if not data.isascii() and _wide(data):
        return compiled(_HIDDEN).sub(b"", data)
    if b"\x1b" in data:
        data = compiled(_ESCAPE).sub(b"", data)
    return data.translate(None, _CONTROLS)  # many times as fast, and the same without marks


def _places(data: bytes, last: int | None = None) -> tuple[list[int], list[int]]:
    """Give where the parts between what is hidden begin, in the text and in the data.

    Those behind the ``last`` place in the text are left out.
    """
    texts, offsets, gone = [0], [0], 0
    for found in compiled(_HIDDEN).finditer(data):
        start, stop = found.span()
        if last is not None and start - gone > last:
            break
        gone += stop - start
        if start == offsets[-1]:
            offsets[-1] = stop
        else:
            texts.append(stop - gone)
            offsets.append(stop)
    return texts, offsets


def _begun(data: bytes) -> int:
    """Say where something begins that may be hidden, but is not whole; the end if nowhere."""
    half = compiled(_HALF).search(data, max(0, len(data) - 2))
    end = half.start() if half else len(data)
    window = max(0, end - LIMIT)
    escape = data.rfind(b"\x1b", window, end)
    starts = [escape]
    if escape == end - 1:  # it may end a string that an earlier one began
        starts.append(data.rfind(b"\x1b", window, escape))
    if not data.isascii():
        starts += [data.rfind(one, window, end) for one in _INTRODUCERS]
    begun = [at for at in starts if at >= 0 and compiled(_BEGUN).match(data, at, end)]
    return min(begun, default=end)
