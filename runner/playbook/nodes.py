"""Small helpers on YAML nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import yaml

Pair: TypeAlias = tuple[yaml.ScalarNode, yaml.Node]
"""A key and its value."""

STR = "tag:yaml.org,2002:str"
"""The full tag of a text."""
MAP = "tag:yaml.org,2002:map"
"""The full tag of a mapping."""
SEQ = "tag:yaml.org,2002:seq"
"""The full tag of a list."""


def scalar_tag(value: str, resolvers: Mapping[str, Iterable[tuple[str, Any]]]) -> str:
    """Give the full tag of a scalar without one, by a loader's resolvers; ``=`` is plain text."""
    for tag, pattern in resolvers.get(value[:1], ()):
        if pattern.match(value):
            return STR if value == "=" else str(tag)
    return STR


def pairs(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node]]:
    """Give the entries of a mapping; none where the node is something else."""
    if isinstance(node, yaml.MappingNode):
        for name, item in node.value:
            yield str(name.value), item


def items(node: yaml.Node | None) -> list[yaml.Node]:
    """Give the items of a list; none where the node is something else."""
    return node.value if isinstance(node, yaml.SequenceNode) else []


def child(node: yaml.Node | None, *path: str) -> yaml.Node | None:
    """Follow keys down from a mapping; None where there is nothing."""
    for word in path:
        if not isinstance(node, yaml.MappingNode):
            return None
        for name, item in node.value:
            if name.value == word:
                node = item
                break
        else:
            return None
    return node


def mapping(entries: list[Pair], like: yaml.Node) -> yaml.MappingNode:
    """Make a mapping at the place of another node."""
    return yaml.MappingNode(MAP, entries, like.start_mark, like.end_mark)


def sequence(entries: list[yaml.Node], like: yaml.Node) -> yaml.SequenceNode:
    """Make a list at the place of another node."""
    return yaml.SequenceNode(SEQ, entries, like.start_mark, like.end_mark)


def text(value: str, like: yaml.Node) -> yaml.ScalarNode:
    """Make a text at the place of another node."""
    return yaml.ScalarNode(STR, value, like.start_mark, like.end_mark)


def secrets_of(owners: Iterable[yaml.Node]) -> frozenset[str]:
    """Give every name that these checks, steps or services declare secret."""
    named = (item for owner in owners for item in items(child(owner, "secrets")))
    return frozenset(str(item.value) for item in named)


def canonical(node: yaml.Node | None) -> object:
    """Give what is written, without how: lists, mappings, and scalars with their type."""
    if isinstance(node, yaml.MappingNode):
        return {str(name.value): canonical(item) for name, item in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [canonical(item) for item in node.value]
    return None if node is None else f"{str(node.tag).rpartition(':')[2]}:{node.value}"
