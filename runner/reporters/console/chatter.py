"""Output of children, cut into lines: parallel checks never mix inside a line."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator

from runner.reporters.text import one_line

_LIMIT = 8192
_BREAK = re.compile("\r\n|\n|\r")


class Chatter:
    """The output of one check on its way to whole lines, with bounded memory."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._pending = ""

    def lines(self, data: bytes) -> Iterator[str]:
        """Take bytes and give the lines that they complete, safe to show.

        A carriage return ends a line too, so that each state of a progress bar can be read. A
        line over 8,192 characters is given in pieces.
        """
        *whole, rest = _BREAK.split(self._pending + self._decode(data))
        while len(rest) >= _LIMIT:
            whole.append(rest[:_LIMIT])
            rest = rest[_LIMIT:]
        self._pending = rest
        yield from map(one_line, whole)

    def rest(self) -> Iterator[str]:
        """Give what was said without a line break at its end."""
        text = self._pending + self._decode(b"", final=True)
        self._pending = ""
        if text:
            yield one_line(text)
