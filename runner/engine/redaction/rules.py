"""What a rule is: a form that gives a secret away, though its value is not known.

A rule is found by its anchors, literals that the search looks for at full speed; only there is
it asked for more. It looks forward from the anchor alone and over a bounded distance, so that
the time is linear, and a stream needs to hold back no more than that.
"""

from __future__ import annotations

import functools
import re
from typing import NamedTuple, Protocol

import msgspec

MARK = b"[redacted"
"""How every redacted place begins; it is not redacted again."""


class Found(NamedTuple):
    """What a rule says of a place; nothing is there where ``start`` is ``stop``."""

    start: int = 0
    """Of the secret's first byte."""
    stop: int = 0
    """After its last byte."""
    unsure: bool = False
    """Whether more data could change the answer."""


class Rule(Protocol):
    """A form of secrets."""

    @property
    def name(self) -> str:
        """Say in the redacted place what was there."""
        ...

    @property
    def anchors(self) -> tuple[bytes, ...]:
        """Give the literals that stand in it."""
        ...

    @property
    def source(self) -> str:
        """Name where the form is laid down."""
        ...

    def look(self, data: bytes, start: int, stop: int) -> Found:
        """Say what is there, given where an anchor begins and stops."""
        ...


@functools.cache
def compiled(pattern: bytes) -> re.Pattern[bytes]:
    """Compile a pattern once it is needed: most runs meet few forms."""
    return re.compile(pattern)


class Token(msgspec.Struct, frozen=True):
    """A run of certain characters behind a prefix that nothing else has."""

    name: str
    """As `Rule.name`."""
    anchors: tuple[bytes, ...]
    """The prefixes; they belong to the secret."""
    chars: bytes
    """A class of characters as in a pattern, without brackets."""
    least: int
    """Characters behind the prefix at least."""
    source: str
    """As `Rule.source`."""
    most: int = 512
    """Characters behind the prefix at most."""
    shape: bytes = b""
    """A pattern that the run must begin with, where the characters are not enough."""

    def look(self, data: bytes, start: int, stop: int) -> Found:
        """Measure the run."""
        run = compiled(b"[%s]*" % self.chars).match(data, stop, stop + self.most)
        end = run.end() if run else stop
        unsure = end == len(data) and end < stop + self.most
        fits = end - stop >= self.least
        if fits and self.shape:
            fits = compiled(self.shape).match(data, stop, end) is not None
        return Found(start, end, unsure) if fits else Found(unsure=unsure)


class Following(msgspec.Struct, frozen=True):
    """A pattern that must follow on an anchor."""

    name: str
    """As `Rule.name`."""
    anchors: tuple[bytes, ...]
    """As `Rule.anchors`."""
    pattern: bytes
    """Matches every beginning of the form too; where a group of it takes part, it is whole."""
    source: str
    """As `Rule.source`."""
    whole: bool = True
    """Whether the secret is all from the anchor on; else it is what the last group matches."""

    def look(self, data: bytes, start: int, stop: int) -> Found:
        """Match the pattern."""
        match = compiled(self.pattern).match(data, stop)
        if match is None:
            return Found(unsure=stop == len(data))
        unsure = match.end() == len(data)
        if not match.lastindex:
            return Found(unsure=unsure)
        span = (start, match.end()) if self.whole else match.span(match.lastindex)
        return Found(*span, unsure)


_LONGEST_LINE = 1 << 16
"""Bytes of a line that are held back at most."""
_BETWEEN = rb"[\\\"' \t:=>,]{0,24}"
"""Between a name and its value, in headers, JSON, Python, YAML, shells and addresses."""


class Field(msgspec.Struct, frozen=True):
    """A value behind a name, in a header, a JSON object, an assignment or a query."""

    name: str
    """As `Rule.name`."""
    anchors: tuple[bytes, ...]
    """The ends of the names; they are shown, as they tell what was there."""
    value: bytes
    """A pattern; its last group that takes part is the secret."""
    source: str
    """As `Rule.source`."""
    least: int = 1
    """Characters of the value at least; a shorter one is a placeholder."""

    def look(self, data: bytes, _start: int, stop: int) -> Found:
        """Pass over what is between, and measure the value."""
        between = compiled(_BETWEEN).match(data, stop)
        begin = between.end() if between else stop
        if not _assigns(data[stop:begin], data[stop - 1 : stop]):
            return Found(unsure=begin == len(data))
        value = compiled(self.value).match(data, begin)
        if value is None or value.lastindex is None:
            return Found(unsure=begin == len(data))
        unsure = _goes_on(data, begin, value.end())
        first, last = value.span(value.lastindex)
        if last - first < self.least or data.startswith(MARK, first):
            return Found(unsure=unsure)
        return Found(first, last, unsure)


def _assigns(between: bytes, before: bytes) -> bool:
    """Say whether a name is given a value: ``: ``, ``=``, ``": "``, ``', '``, but not ``, ``."""
    quoted = between[:1] in {b'"', b"'", b"\\"}
    return before == b"=" or b":" in between or b"=" in between or (quoted and b"," in between)


def _goes_on(data: bytes, begin: int, end: int) -> bool:
    """Say whether the line of a value may go on, and the value with it: a quotation mark too."""
    if len(data) - begin >= _LONGEST_LINE:
        return False
    return compiled(rb"[\r\n]").search(data, end) is None


_BEGIN = rb"-----BEGIN [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----"
_BEGINNING = rb"-----BEGIN [A-Z0-9 ]{0,50}-{0,5}"
_NEXT = rb"-----(?:BEGIN |(END) [A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?-----)"
_WORD = rb"[A-Za-z0-9+/=_-]{16,}"
_LAST_WORD = rb"(?:\s|\\[rn]){1,4}[A-Za-z0-9+/=]{1,16}(?![A-Za-z0-9+/=])"
KEY_LIMIT = 1 << 16
"""Bytes of a private key at most, marks and all; RSA of 16,384 bits needs 13 KiB."""
_GAP = 160
"""Bytes between two lines of a key at most: what a logger may put before each."""


class PrivateKey(msgspec.Struct, frozen=True):
    """Everything between the marks of a private key, as a text or in a JSON string."""

    name: str = "private key"
    """As `Rule.name`."""
    anchors: tuple[bytes, ...] = (b"-----BEGIN ",)
    """As `Rule.anchors`."""
    source: str = "RFC 7468, sections 10 and 11; RFC 4880, section 6.2; PROTOCOL.key of OpenSSH"
    """As `Rule.source`."""

    def look(self, data: bytes, start: int, _stop: int) -> Found:
        """Look for the end; of a key without one, take the lines that are there."""
        begin = compiled(_BEGIN).match(data, start)
        if begin is None:
            part = compiled(_BEGINNING).match(data, start)
            return Found(unsure=part is not None and part.end() == len(data))
        limit = start + KEY_LIMIT
        mark = compiled(_NEXT).search(data, begin.end(), limit)
        if mark is not None and mark.lastindex:
            return Found(start, mark.end())
        if mark is not None:  # a key holds no beginning of another
            return Found(start, _end_of_lines(data, begin.end(), mark.start()))
        return Found(start, _end_of_lines(data, begin.end(), limit), len(data) < limit)


def _end_of_lines(data: bytes, position: int, limit: int) -> int:
    """Give the end of the last line of base64 that follows closely on the one before."""
    end = position
    for word in compiled(_WORD).finditer(data, position, limit):
        if word.start() - end > _GAP:
            break
        end = word.end()
    last = compiled(_LAST_WORD).match(data, end, limit)
    return last.end() if last and end > position else end
