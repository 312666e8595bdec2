"""How far it is from one version to another."""

from __future__ import annotations

from itertools import zip_longest
from typing import Literal, TypeAlias

from packaging.version import Version

Step: TypeAlias = Literal["major", "minor", "patch", "other"]
"""The first number of the release segment that differs (PEP 440, "Final releases"): first, second
or third. ``other`` is the rest: epochs, further numbers, pre-, post-, development and local parts.
What it means for compatibility is the package's to say, for not every one counts like this.
"""
_NUMBERS: tuple[Step, ...] = ("major", "minor", "patch")


def step(before: Version, after: Version) -> Step:
    """Say by how much two versions differ."""
    if before.epoch != after.epoch:
        return "other"
    numbers = zip_longest(before.release, after.release, fillvalue=0)
    for (old, new), name in zip(numbers, _NUMBERS, strict=False):
        if old != new:
            return name
    return "other"
