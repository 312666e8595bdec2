"""How kinds put things into words: one line, shortened, safe to print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

SHOWN = 200
"""Characters of a value that a message shows."""

_HEAD = 140
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Write every character that is not printable as an escape: ``\x1b``, ``\n``."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def shorten(text: str, most: int = SHOWN) -> str:
    """Keep the head and the tail of a text that is longer than ``most`` characters."""
    if len(text) <= most:
        return text
    head = most * _HEAD // SHOWN
    return f"{text[:head]} … {text[-(most - head) :]}"


def one_line(text: str, most: int = SHOWN) -> str:
    """Put a text on one line: runs of white space become a space, the middle is left out."""
    return printable(shorten(" ".join(text.split()), most))


def quoted(text: str) -> str:
    """Show a text as a literal on one line, and how long it is where it was shortened."""
    shown = shorten(text)
    length = "" if shown is text else f" ({len(text)} characters)"
    return f"{shown!r}{length}"


def shell_line(argv: Sequence[str]) -> str:
    r"""Write an argv as one line that a shell reads back.

    Words with control characters are written in bash's ``$'…'`` form, where ``\n`` is a line
    end, so that a script of many lines stays on one and no escape reaches a terminal.
    """
    return " ".join(_ansi_c(word) if _CONTROL.search(word) else shlex.quote(word) for word in argv)


def _ansi_c(word: str) -> str:
    word = word.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\t", "\\t")
    return "$'" + _CONTROL.sub(lambda found: _escape(ord(found.group())), word) + "'"


def _escape(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}"  # noqa: PLR2004 - ASCII ends there


def seconds(duration: float) -> str:
    """Write a duration: ``0.25s``, ``2s``, ``15m``."""
    if duration >= 120:  # noqa: PLR2004 - up to two minutes read best as seconds
        return f"{duration / 60:.1f}".removesuffix(".0") + "m"
    if duration >= 1:
        return f"{duration:.1f}".removesuffix(".0") + "s"
    return f"{duration:.2f}".rstrip("0").rstrip(".") + "s"


def some(names: Sequence[str], most: int = 5) -> str:
    """List the first few names, and how many more there are."""
    shown = ", ".join(one_line(name, 80) for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown
