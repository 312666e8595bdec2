"""Values that cannot be redacted, for they would be found where no secret is."""

from __future__ import annotations

from collections.abc import Collection

from runner.engine.redaction.forms import SHORTEST
from runner.model import Outcome

_VARIED = 3
"""Different characters that a value must have."""
_DIGITS = 6
"""Digits of a number that may be a secret; shorter ones are ports, sizes and years."""
_COMMON = (
    "admin administrator anonymous changeme database default demo development disabled dummy"
    " enabled example false github guest helloworld invalid localhost master minioadmin mlflow"
    " mysql none null password passwd postgres postgresql private production public redacted"
    " redis root runner sample secret secrets server service sqlite staging test testing token"
    " true undefined unknown user username"
)
_WORDS = frozenset(_COMMON.split()) | {str(one) for one in Outcome}
"""Defaults and words of every log (lower case); a secret that is one of them keeps nothing."""


def refusal(value: str, common: Collection[str] = ()) -> str:
    """Say why a value is not redacted; empty where it is. ``common`` are words of this run."""
    if len(value) < SHORTEST:
        return "too short"
    few = len(set(value)) < _VARIED
    number = value.isdecimal() and len(value) < _DIGITS
    if few or number or value.lower() in _WORDS or any(value in one for one in common):
        return "too common"
    return ""
