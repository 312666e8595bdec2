"""Durations: ``500ms``, ``90s``, ``10m``, ``1h``, and ages: ``36h``, ``7d``; read as seconds."""

from __future__ import annotations

import re

from runner.playbook.shapes import Convert, Text

LONGEST = 24 * 3600.0
"""Seconds; a longer wait in a release check is a mistake."""

_EXPECTED = "a duration like 500ms, 90s, 10m or 1h"
_PATTERN = r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)"
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def parse_duration(text: str) -> float:
    """Give the seconds; raises ValueError with what was expected."""
    match = re.fullmatch(_PATTERN, text)
    if match is None:
        raise ValueError(_EXPECTED)
    seconds = float(match[1]) * _UNITS[match[2]]
    if not 0 < seconds <= LONGEST:
        raise ValueError("a duration above 0 and of at most 24h")
    return seconds


DURATION: Convert[float] = Convert(Text(pattern=_PATTERN, expected=_EXPECTED), parse_duration)
"""The shape of a duration, always finite."""

_AGES = {"d": 86400.0, "h": 3600.0}

AGE: Convert[float] = Convert(
    Text(pattern="[0-9]{1,4}[dh]", expected="days or hours like 7d or 36h"),
    lambda text: int(text[:-1]) * _AGES[text[-1]],
)
"""The shape of an age, in days or hours."""
