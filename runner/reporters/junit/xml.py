"""XML 1.0 text and attributes: whatever goes in, what comes out is well-formed."""

from __future__ import annotations

import math

from runner.reporters.text import clean, one_line

_TEXT_LIMIT = 16_384


def attribute(text: str) -> str:
    """Give the value of an attribute, quotes included."""
    text = one_line(text)
    if "&" in text:
        text = text.replace("&", "&amp;")
    if '"' in text:
        text = text.replace('"', "&quot;")
    return f'"{text.replace("<", "&lt;").replace(">", "&gt;")}"'


def content(text: str) -> str:
    """Give the text of an element; of a very long one the end, where the cause stands."""
    text = clean(text)
    if len(text) > _TEXT_LIMIT:
        left_out = len(text) - _TEXT_LIMIT
        text = f"… {left_out} characters left out\n{text[-_TEXT_LIMIT:]}"
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
