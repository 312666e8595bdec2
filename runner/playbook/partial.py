"""Changes to schemas: for overlays, and for texts that look-ups may stand in for."""

from __future__ import annotations

from typing import Any, TypeAlias

from runner.playbook.steps import UNFILLED

Schema: TypeAlias = dict[str, Any]

LOOK_UP: Schema = {"type": "string", "pattern": r"\$\{\{"}
"""A text with a look-up, whose value only the loader knows."""

_TYPES = {"integer", "number", "boolean"}
_LISTS = ("anyOf", "oneOf", "allOf")
_COMPLETE = {"required", "minProperties", "anyOf", "not", "allOf", "if", "then"}


def with_look_ups(schema: Schema) -> Schema:
    """Let a look-up stand where a number, a word or a text of some form is wanted."""
    kind = schema.get("type")
    if (isinstance(kind, str) and kind in _TYPES) or "pattern" in schema or "enum" in schema:
        kept = {"description": schema["description"]} if "description" in schema else {}
        bare = {name: value for name, value in schema.items() if name != "description"}
        return {**kept, "anyOf": [bare, {"$ref": "#/$defs/look-up"}]}
    changed = dict(schema)
    if "properties" in schema:
        changed["properties"] = {
            name: one if name in UNFILLED or not isinstance(one, dict) else with_look_ups(one)
            for name, one in schema["properties"].items()
        }
    for word in ("items", "additionalProperties", "then", "else"):
        if isinstance(schema.get(word), dict):
            changed[word] = with_look_ups(schema[word])
    for word in _LISTS:
        if word in schema:
            changed[word] = [with_look_ups(one) for one in schema[word]]
    return changed


def partial(schema: Schema) -> Schema:
    """Give the schema of a part that is laid over a whole: nothing is required of it."""
    if schema.get("type") != "object" or "properties" not in schema:
        return schema
    loose = {name: value for name, value in schema.items() if name not in _COMPLETE}
    loose["properties"] = {name: partial(one) for name, one in schema["properties"].items()}
    return loose
