"""The rules of the schema that depend on the kind that a check or step uses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from runner.playbook.actions import RUN_KIND, SAYS
from runner.playbook.kinds import KindSpec

Schema: TypeAlias = dict[str, Any]

_PROSE: Schema = {"type": "string", "minLength": 1}
_VACUOUS: Schema = {"enum": [None, [], {}]}


def kind_rules(kinds: Mapping[str, KindSpec], *, prose: bool = False) -> list[Schema]:
    """Give a rule for each kind: what ``with`` and ``expect`` are where it is used."""
    return [
        {
            "if": {"properties": {"uses": {"const": name}}, "required": ["uses"]},
            "then": _rule(kind, kind.parameters.schema(), prose=prose),
        }
        for name, kind in sorted(kinds.items())
    ]


def run_rules(kinds: Mapping[str, KindSpec], owner: Schema, *, prose: bool = False) -> list[Schema]:
    """Give the rule where ``run`` is used, and describe ``run`` in the owner."""
    kind = kinds.get(RUN_KIND)
    if kind is None:
        return [{"not": {"required": ["run"]}}]
    parameters = kind.parameters.schema()
    properties = dict(parameters.get("properties", {}))
    owner["properties"]["run"] |= properties.pop("run", {})
    required = [word for word in parameters.get("required", ()) if word != "run"]
    beside: Schema = {**parameters, "properties": properties, "required": required}
    beside.pop("minProperties", None)
    return [{"if": {"required": ["run"]}, "then": _rule(kind, beside, prose=prose)}]


def definition_rule() -> list[Schema]:
    """Give the rules for steps and definitions, whose own steps state what can be checked."""
    return [
        {
            "if": {"required": ["steps"]},
            "then": {"properties": {"expect": _PROSE, "with": False}},
        },
        {
            "if": {"properties": {"uses": {"pattern": "^\\./"}}, "required": ["uses"]},
            "then": {
                "properties": {
                    "expect": _PROSE,
                    "with": {
                        "type": "object",
                        "additionalProperties": {"type": ["string", "number", "boolean"]},
                    },
                }
            },
        },
    ]


def _rule(kind: KindSpec, parameters: Schema, *, prose: bool) -> Schema:
    expect = _expect(kind)
    if kind.shared is not None:  # what is missing may stand at the top
        parameters = {name: one for name, one in parameters.items() if name != "required"}
    properties: Schema = {"with": parameters, "expect": expect}
    required = []
    if parameters.get("required") or parameters.get("minProperties"):
        required.append("with")
    if kind.default_expectation is None:
        required.append("expect")
    elif prose:
        properties["expect"] = {"anyOf": [_PROSE, expect]}
    return {"properties": properties, "required": required}


def _expect(kind: KindSpec) -> Schema:
    """Give the kind's expectation, with the owner's words beside it."""
    stated = kind.expectation.schema()
    stated["properties"] = {**stated.get("properties", {}), SAYS: _PROSE}
    rules: list[Schema] = [
        {"minProperties": 1},
        {"additionalProperties": {"not": _VACUOUS}},
    ]
    if kind.default_expectation is None:
        rules.append({"anyOf": [{"minProperties": 2}, {"not": {"required": [SAYS]}}]})
    return {"allOf": [stated, *rules]}
