"""Unified diffs of whole files, line by line."""

from __future__ import annotations

import difflib
from collections.abc import Iterator


def diff_lines(path: str, old: bytes, new: bytes) -> Iterator[str]:
    """Give the lines of a unified diff of two UTF-8 texts, without line ends."""
    before, after = (one.decode(errors="replace").splitlines() for one in (old, new))
    yield from difflib.unified_diff(before, after, f"a/{path}", f"b/{path}", lineterm="")


def colour_of(line: str) -> str:
    """Give the colour that a line of a diff is shown in; empty for a line of context."""
    if line.startswith(("---", "+++")):
        return "bright_black"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
