"""Severity: CVSS vectors to scores and words.

The words are those of the "Qualitative Severity Rating Scale" of CVSS 3.1 (section 5) and of
CVSS 4.0 (section 6).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

UNKNOWN = "unknown"
"""The word where no vector could be read; it is not the same as ``none``."""


@dataclass(frozen=True)
class Severity:
    """How bad it is."""

    score: float | None = None
    """CVSS base score from 0.0 to 10.0; None where no vector could be read."""
    word: str = UNKNOWN
    """``none``, ``low``, ``medium``, ``high``, ``critical`` or ``unknown``."""
    vector: str = ""
    """The vector, with its version: ``CVSS:3.1/AV:N/…``."""

    @property
    def rank(self) -> float:
        """Order severities; unknown comes before none."""
        return -1.0 if self.score is None else self.score


UNRATED = Severity()
"""Nothing is known."""


@lru_cache(maxsize=4096)
def read_vector(vector: str) -> Severity:
    """Score a vector of CVSS 3 or 4; one that cannot be read keeps its text, without a score."""
    from cvss import CVSS3, CVSS4, CVSSError  # type: ignore[import-untyped]

    try:
        if vector.startswith("CVSS:3."):
            three = CVSS3(vector)
            return Severity(float(three.base_score), three.severities()[0].lower(), vector)
        if vector.startswith("CVSS:4."):
            four = CVSS4(vector)
            return Severity(float(four.base_score), four.severity.lower(), vector)
    except CVSSError:
        pass
    return Severity(vector=vector)


def worst(severities: Iterable[Severity]) -> Severity:
    """Give the highest of several; the first of equals."""
    return max(severities, key=lambda one: one.rank, default=UNRATED)
