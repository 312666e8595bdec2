"""Paths into YAML and JSON: ``services.mlflow.image``, ``a[0].image``, ``env[name=X].value``.

A key with a dot or a bracket in it stands in double quotes: ``metadata."app.io/version"``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from runner.model import Pin
from runner.release.spots import PinError


@dataclass(frozen=True)
class Where:
    """The elements of a list that are mappings with this value at this key."""

    key: str
    """The key."""
    value: str
    """The value, as it is written."""


Part: TypeAlias = str | int | Where
"""A key, an index, or a choice."""

_PART = re.compile(
    r"\.?\"(?P<quoted>[^\"]+)\""
    r"|\[(?P<index>\d{1,6})\]"
    r"|\[(?P<key>[^\[\]=]+)=(?P<value>[^\[\]]*)\]"
    r"|\.?(?P<plain>[^.\[\]\"]+)"
)


def parts_of(pin: Pin) -> tuple[Part, ...]:
    """Read a pin's selector; raises PinError for one that is no path."""
    parts: list[Part] = []
    at = 0
    while at < len(pin.selector):
        one = _PART.match(pin.selector, at)
        if one is None:
            raise PinError(
                f"{pin.file}: {pin.selector!r} is no path, at character {at + 1}",
                hint='write it like services.mlflow.image, list[0].key, list[name=x].key, a."b.c"',
            )
        parts.append(_part(one))
        at = one.end()
    return tuple(parts)


def _part(one: re.Match[str]) -> Part:
    if one["index"] is not None:
        return int(one["index"])
    if one["key"] is not None:
        return Where(one["key"], one["value"])
    return one["quoted"] or one["plain"]
