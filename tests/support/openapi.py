"""GitHub's published OpenAPI description, and whether an exchange keeps to it.

``tests/schemas/github.json`` is the excerpt of what the runner asks for, by `excerpt.py` there.
It is read more strictly than it is written: a key that it does not describe is an error too, for
it would be one that we have made up.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import jsonschema

_FILE = Path(__file__).resolve().parents[1] / "schemas" / "github.json"


@dataclass(frozen=True)
class Exchange:
    """A request, and what was answered."""

    method: str
    path: str
    """Below the API's address, with the query."""
    sent: object
    """The document of the request; None where it has none."""
    status: int
    answered: object


@cache
def _description() -> dict[str, Any]:
    found: dict[str, Any] = _converted(json.loads(_FILE.read_text("utf-8")))
    return found


def _converted(value: Any, *, closed: bool = True) -> Any:  # noqa: ANN401 - JSON
    """Make JSON Schema of OpenAPI 3.0's dialect: ``nullable``, and objects that are closed.

    A part of ``allOf`` is left open, as the others have keys too.
    """
    if isinstance(value, list):
        return [_converted(one) for one in value]
    if not isinstance(value, dict):
        return value
    made = {key: _converted(one) for key, one in value.items() if key != "allOf"}
    if "allOf" in value:
        made["allOf"] = [_converted(one, closed=False) for one in value["allOf"]]
    if closed and isinstance(made.get("properties"), dict) and made.get("type") == "object":
        made.setdefault("additionalProperties", False)
    if made.pop("nullable", False) is True:
        return {"anyOf": [made, {"type": "null"}]}
    return made


def _operation(exchange: Exchange) -> dict[str, Any]:
    at = exchange.path.partition("?")[0]
    for template, methods in _description()["paths"].items():
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
        if re.fullmatch(pattern, at) and exchange.method.lower() in methods:
            found: dict[str, Any] = methods[exchange.method.lower()]
            return found
    raise AssertionError(f"no operation is described for {exchange.method} {at}")


def _referred(value: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference to a component."""
    if "$ref" not in value:
        return value
    kind, name = value["$ref"].split("/")[2:]
    found: dict[str, Any] = _description()["components"][kind][name]
    return found


def _validate(document: object, schema: dict[str, Any]) -> None:
    whole = {**schema, "components": _description()["components"]}
    errors = jsonschema.Draft202012Validator(whole).iter_errors(document)
    worst = jsonschema.exceptions.best_match(errors)
    assert worst is None, f"{worst.json_path}: {worst.message}"


def check(exchange: Exchange) -> None:
    """Raise AssertionError where an exchange is not as described."""
    operation = _operation(exchange)
    known = {one["name"]: one for one in map(_referred, operation.get("parameters", ()))}
    for name, value in parse_qsl(exchange.path.partition("?")[2], keep_blank_values=True):
        assert known.get(name, {}).get("in") == "query", f"{name} is no parameter of the query"
        number = known[name]["schema"].get("type") == "integer"
        _validate(int(value) if number else value, known[name]["schema"])
    body = operation.get("requestBody")
    assert (exchange.sent is None) or body is not None, "nothing is to be sent"
    if body is not None:
        _validate(exchange.sent, body["content"]["application/json"]["schema"])
    response = operation["responses"].get(str(exchange.status))
    if response is None:  # what any operation may meet (401, 429, 5xx) stands in no description
        usual = exchange.status in {401, 403, 404, 429, 451} or exchange.status >= 500
        assert usual, f"status {exchange.status} is not described"
        response = {"$ref": "#/components/responses/not_found"}
    _validate(exchange.answered, _referred(response)["content"]["application/json"]["schema"])
