"""Texts as SARIF and its readers want them."""

from __future__ import annotations

import re

from runner.reporters.text import one_line
from runner.reporters.width import shorten

_LONGEST = 1024
"""Characters of a description that GitHub keeps."""
_PLACEHOLDERS = str.maketrans({"\\": r"\\", "[": r"\[", "]": r"\]", "{": "{{", "}": "}}"})
"""In a message, brackets would be a link and braces a placeholder (sections 3.11.5, 3.11.6)."""
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!])")


def short(text: str) -> str:
    """Make a text safe, one line, and not too long."""
    return shorten(one_line(text), _LONGEST)


def message(text: str) -> dict[str, object]:
    """Give a message that says the text, whatever it holds."""
    return {"text": short(text).translate(_PLACEHOLDERS)}


def marked(text: str) -> str:
    """Make a text that reads the same as Markdown."""
    return _MARKUP.sub(r"\\\1", short(text))
