"""XML 1.0 text and attributes: whatever goes in, what comes out is well-formed."""

from __future__ import annotations

import math

from runner.reporters.text import clean, one_line

TEXT_LIMIT = 16_384
"""Characters of a text at most."""


def attribute(text: str) -> str:
    """Give the value of an attribute, quotes included."""
    text = one_line(text)
    if "&" in text:
        text = text.replace("&", "&amp;")
    if '"' in text:
        text = text.replace('"', "&quot;")
    return f'"{text.replace("<", "&lt;").replace(">", "&gt;")}"'


def content(text: str, limit: int = TEXT_LIMIT) -> str:
    """Give the text of an element; of a very long one the end, where the cause stands.

    Where there is less room than usual, a third is left to the beginning, which sums it up.
    """
    text = clean(text)
    if len(text) > limit:
        head = limit // 3 if limit < TEXT_LIMIT else 0
        start = f"{text[:head]}\n" if head else ""
        text = f"{start}… {len(text) - limit} characters left out\n{text[head - limit :]}"
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def seconds(value: float) -> str:
    """Give a duration as the schema wants it: digits, and exactly three decimals."""
    return f"{value:.3f}" if math.isfinite(value) and value > 0 else "0.000"


def properties(pairs: tuple[tuple[str, str], ...]) -> str:
    """Give a ``properties`` element; nothing where there are none."""
    if not pairs:
        return ""
    inner = "".join(
        f"<property name={attribute(name)} value={attribute(value)}/>" for name, value in pairs
    )
    return f"<properties>{inner}</properties>\n"
