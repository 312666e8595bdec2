"""Keep secrets out of records: their texts are redacted, their form stays."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from runner.engine.redaction.redactor import Redactor

T = TypeVar("T")

_ENCODE = msgspec.json.Encoder().encode


def scrubbed(value: T, redactor: Redactor) -> T:
    """Replace the secrets in every text of a record; the same object where there is none.

    Names of fields are left alone, even where a secret is the same word.
    """
    return scrubbed_json(value, redactor)[0]


def scrubbed_json(value: T, redactor: Redactor) -> tuple[T, bytes]:
    """Give the record as `scrubbed` does, and the JSON of it."""
    data = _ENCODE(value)
    # A text without escapes stands in JSON as it is.
    if b"\\" not in data and redactor.data(data) is data:
        return value, data
    before = msgspec.to_builtins(value)
    after = _clean(before, redactor)
    if after == before:
        return value, data
    clean = msgspec.convert(after, type(value))
    return clean, _ENCODE(clean)


def _clean(value: object, redactor: Redactor) -> object:
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, dict):
        return {name: _clean(one, redactor) for name, one in value.items()}
    if isinstance(value, list):
        return [_clean(one, redactor) for one in value]
    if isinstance(value, tuple):
        return tuple(_clean(one, redactor) for one in value)
    return value
