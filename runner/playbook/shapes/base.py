"""What a shape is, and how it refuses a node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol, TypeVar

import yaml

from runner.playbook.problems import PlaybookInvalid, Problem, problem_at

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_TAG = "tag:yaml.org,2002:"
_KINDS_OF_NODE = {
    "str": "text",
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "nothing",
    "map": "a mapping",
    "seq": "a list",
    "timestamp": "a date",
}


class Shape(Protocol[T_co]):
    """Reads a node, and describes what it reads."""

    def read(self, node: yaml.Node, key: str) -> T_co:
        """Turn the node into a value; ``key`` is its dotted path for messages."""

    def schema(self) -> dict[str, Any]:
        """Give the JSON Schema of what `read` accepts."""


def tag_of(node: yaml.Node) -> str:
    """Give the short name of a node's resolved YAML type: ``str``, ``int``, ``map`` and so on."""
    return str(node.tag).removeprefix(_TAG)


def refuse(node: yaml.Node, key: str, expected: str, hint: str = "") -> PlaybookInvalid:
    """Make the error for a node of the wrong type or value."""
    found = _KINDS_OF_NODE.get(tag_of(node), f"the tag {node.tag}")
    if isinstance(node, yaml.ScalarNode) and node.value:
        written = getattr(node, "shown", node.value)  # filled from the environment: never shown
        found = f"'{str(written)[:60]}'"
    elif tag_of(node) == "str":
        found = "an empty text"
    elif isinstance(node, yaml.CollectionNode) and not node.value:
        found = found.replace("a ", "an empty ", 1)
    return PlaybookInvalid([problem_at(node, key, f"expected {expected}, found {found}", hint)])


def each(readers: Iterable[Callable[[], T]]) -> tuple[T, ...]:
    """Call every reader, and raise all their problems together."""
    values: list[T] = []
    problems: list[Problem] = []
    for reader in readers:
        try:
            values.append(reader())
        except PlaybookInvalid as error:
            problems.extend(error.problems)
    if problems:
        raise PlaybookInvalid(problems)
    return tuple(values)
