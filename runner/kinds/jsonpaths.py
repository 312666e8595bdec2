"""JSON paths (RFC 9535): checked when the playbook is read, and looked up in what was found."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any, cast

import msgspec
import yaml

from runner.kinds.literals import JSON, JsonValue
from runner.playbook.problems import PlaybookInvalid, problem_at
from runner.playbook.shapes import Convert, MapOf, Text

if TYPE_CHECKING:
    from jsonpath import CompoundJSONPath, JSONPath

_PATH = Text(pattern=r"\$(?:[.\[][\s\S]*)?", expected="a JSON path such as $.status")
_ENTRIES = MapOf(JSON, _PATH, least=1)
_MATCHES_COUNTED = 1000


@lru_cache(maxsize=256)
def _compiled(path: str) -> JSONPath | CompoundJSONPath:
    from jsonpath import JSONPathEnvironment  # 90 ms, and rarely needed

    return JSONPathEnvironment(strict=True).compile(path)


def check_path(path: str) -> str:
    """Give the path back; raise ValueError where it is not one of RFC 9535."""
    from jsonpath.exceptions import JSONPathError  # 90 ms, and rarely needed

    try:
        _compiled(path)
    except (JSONPathError, RecursionError) as error:
        why = str(error.args[0]).splitlines()[0] if error.args else "nested too deeply"
        raise ValueError(f"a JSON path of RFC 9535 ({why})") from error
    return path


JSON_PATH = Convert(_PATH, check_path)
"""The shape of one JSON path; its value stays text."""


def find(path: str, document: JsonValue) -> list[JsonValue]:
    """Give every value that the path selects, at most 1,000; raise ValueError if that fails."""
    from jsonpath.exceptions import JSONPathError  # 90 ms, and rarely needed

    try:
        matches = _compiled(path).finditer(cast("Any", document))
        return [cast("JsonValue", match.obj) for match in islice(matches, _MATCHES_COUNTED)]
    except (JSONPathError, RecursionError) as error:
        raise ValueError(f"the path {path} cannot be looked up in it") from error


class JsonExpectation(msgspec.Struct, frozen=True):
    """A mapping from JSON path to the value expected there."""

    def read(self, node: yaml.Node, key: str) -> Mapping[str, JsonValue]:
        """Read every entry, and check every path."""
        values = _ENTRIES.read(node, key)
        problems = []
        for name, _ in node.value:
            try:
                check_path(str(name.value))
            except ValueError as error:
                problems.append(problem_at(name, f"{key}.{name.value}", f"expected {error}"))
        if problems:
            raise PlaybookInvalid(problems)
        return values

    def schema(self) -> dict[str, Any]:
        """Give an object of at least one path."""
        return _ENTRIES.schema()
