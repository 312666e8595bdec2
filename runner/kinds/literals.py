"""JSON values written in YAML, and comparing them with JSON that was found (RFC 8259)."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias

import msgspec
import yaml

from runner.kinds.verdicts import Redact
from runner.kinds.wording import printable, shorten
from runner.playbook.shapes import Boolean, ListOf, MapOf, Text, refuse, tag_of

JsonValue: TypeAlias = (
    str | int | float | bool | Sequence["JsonValue"] | Mapping[str, "JsonValue"] | None
)
"""A JSON value; lists that come from a playbook are tuples."""

_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DEPTH_SHOWN = 8


class JsonLiteral(msgspec.Struct, frozen=True):
    """Any JSON value, written as JSON or as YAML without its ambiguities.

    What YAML reads as a date, an octal number, ``yes`` or ``.inf`` has no JSON value that a
    reader would expect, and must be quoted.
    """

    def read(self, node: yaml.Node, key: str) -> JsonValue:
        """Take the node as a JSON value; lists become tuples."""
        if isinstance(node, yaml.MappingNode):
            return MapOf(self, Text(empty=True)).read(node, key)
        if isinstance(node, yaml.SequenceNode):
            return ListOf(self).read(node, key)
        return _scalar(node, key)

    def schema(self) -> dict[str, Any]:
        """Give the schema that accepts everything."""
        return {}


JSON = JsonLiteral()
"""The shape of a JSON value."""


def _scalar(node: yaml.Node, key: str) -> JsonValue:
    tag, text = tag_of(node), str(node.value)
    if tag == "str":
        return text
    if tag == "null":
        return None
    if tag == "bool":
        return Boolean().read(node, key)
    if tag in {"int", "float"} and _NUMBER.fullmatch(text):
        return _number(node, key, text)
    raise refuse(node, key, "a JSON value", f'quote it: "{text}"')


def _number(node: yaml.Node, key: str, text: str) -> JsonValue:
    try:
        value = parse_json(text)
    except ValueError as error:
        raise refuse(node, key, "a number that is not so long") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise refuse(node, key, "a finite number")
    return value


def parse_json(text: str) -> JsonValue:
    """Read JSON of unknown origin; raise ValueError, also for NaN and for bottomless nesting."""
    try:
        value: JsonValue = json.loads(text.removeprefix("\ufeff"), parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def same_json(expected: JsonValue, actual: JsonValue) -> bool:
    """Compare two JSON values: ``1`` equals ``1.0``, but never ``true``."""
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, Mapping):
        return (
            isinstance(actual, Mapping)
            and expected.keys() == actual.keys()
            and all(same_json(value, actual[name]) for name, value in expected.items())
        )
    if isinstance(expected, Sequence) and not isinstance(expected, str):
        return (
            isinstance(actual, Sequence)
            and not isinstance(actual, str)
            and len(expected) == len(actual)
            and all(same_json(mine, other) for mine, other in zip(expected, actual, strict=True))
        )
    return expected == actual


def show_json(value: JsonValue, redact: Redact) -> str:
    """Write a JSON value on one line, without secrets, shortened."""
    text = json.dumps(_without_secrets(value, redact, _DEPTH_SHOWN), ensure_ascii=False)
    return printable(shorten(text))


def _without_secrets(value: JsonValue, redact: Redact, depth: int) -> JsonValue:
    if isinstance(value, str):
        return redact(value)
    if not isinstance(value, Mapping | Sequence):
        return value
    if not depth:
        return "…"
    if isinstance(value, Mapping):
        return {
            redact(name): _without_secrets(item, redact, depth - 1) for name, item in value.items()
        }
    return [_without_secrets(item, redact, depth - 1) for item in value]
