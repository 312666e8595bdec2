"""One walk over a parsed file that finds, and takes away, what no shape should ever meet."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import cast

import yaml

from runner.playbook.nodes import MAP, SEQ, STR, Pair, items, scalar_tag, text
from runner.playbook.problems import PlaybookInvalid, Problem, problem_at

DEPTH_LIMIT = 50
"""Levels of nesting, aliases expanded."""
NODE_LIMIT = 200_000
"""Nodes, aliases expanded."""

_TAG = "tag:yaml.org,2002:"
_MERGE = _TAG + "merge"
_SCALARS = {_TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp")}
_COLLECTIONS = {_TAG + "map": yaml.MappingNode, _TAG + "seq": yaml.SequenceNode}
_LEAF = (1, 0)
_HALF = re.compile("[\ud800-\udfff]")
_RESOLVERS = yaml.SafeLoader.yaml_implicit_resolvers


def _short(node: yaml.Node) -> str:
    return str(node.tag).replace(_TAG, "!!")


def scan(root: yaml.Node) -> list[Problem]:
    """Give the problems of the tree, and mend it as their hints say, so that it can be read on.

    Raises PlaybookInvalid where walking on is not safe.
    Found are duplicate and odd keys, merge keys, tags of other types, NUL and unpaired
    surrogates, and aliases that refer to themselves or expand beyond the limits.
    """
    walk = _Scan()
    walk.visit(root)
    return walk.problems


class _Scan:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._path: list[yaml.Node | int] = []
        self._done: dict[int, tuple[int, int]] = {}
        self._unfinished: set[int] = set()

    def visit(self, node: yaml.Node) -> tuple[int, int]:
        """Give the size and the height of a node, aliases expanded."""
        if isinstance(node, yaml.ScalarNode):
            self._scalar(node)
            return _LEAF
        me = id(node)
        if me in self._unfinished:
            self._stop(node, "an alias that contains itself", "write it out")
        measured = self._done.get(me)
        if measured is None:
            self._unfinished.add(me)
            self._tag(node)
            is_mapping = isinstance(node, yaml.MappingNode)
            measured = self._mapping(node) if is_mapping else self._sequence(node)
            self._unfinished.discard(me)
            self._done[me] = measured
        if measured[0] > NODE_LIMIT:
            self._stop(
                node, f"more than {NODE_LIMIT} nodes, aliases expanded", "split the playbook"
            )
        if len(self._path) + measured[1] > DEPTH_LIMIT:
            self._stop(node, f"aliases nest deeper than {DEPTH_LIMIT} levels", "write it out")
        return measured

    def _mapping(self, node: yaml.Node) -> tuple[int, int]:
        size, height = 1, 0
        seen: dict[str, Pair] = {}
        merged: list[yaml.Node] = []
        path, visit = self._path, self.visit
        for name, item in cast("list[tuple[yaml.Node, yaml.Node]]", node.value):
            path.append(name)
            if name.tag == _MERGE:
                self._add(name, "merge keys are not supported", "lay a profile over, or repeat it")
                merged.append(item)
            elif (key := self._key(name)) is not None:
                if (first := seen.get(key.value)) is None:
                    seen[key.value] = (key, item)
                else:
                    line = first[0].start_mark.line + 1
                    self._add(name, f"the key is there twice, first in line {line}")
            below = visit(item)
            path.pop()
            size += below[0] + 1
            if below[1] > height:  # noqa: PLR1730 - asked for each node, and `max` takes longer
                height = below[1]
        for pair in _merged(merged):
            seen.setdefault(pair[0].value, pair)
        node.value = list(seen.values())
        return size, height + 1

    def _key(self, name: yaml.Node) -> yaml.ScalarNode | None:
        """Give a key as text; None where it cannot be."""
        if not isinstance(name, yaml.ScalarNode):
            self._add(name, "a key must be text")
            return None
        if name.tag != STR or "\0" in name.value:
            self._add(name, "a key must be text", f'quote it: "{name.value}"')
            return text(name.value.replace("\0", ""), name)
        return name

    def _sequence(self, node: yaml.Node) -> tuple[int, int]:
        size, height = 1, 0
        path, visit = self._path, self.visit
        for index, item in enumerate(cast("list[yaml.Node]", node.value)):
            path.append(index)
            below = visit(item)
            path.pop()
            size += below[0]
            height = max(height, below[1])
        return size, height + 1

    def _scalar(self, node: yaml.ScalarNode) -> None:
        if node.tag not in _SCALARS:
            if node.tag == _MERGE:
                node.tag = STR  # `<<` is special only as a key
            else:
                self._add(node, f"unknown tag {_short(node)}", "remove the tag")
                node.tag = STR if node.style else scalar_tag(node.value, _RESOLVERS)
        value: str = node.value
        if "\0" in value:
            self._add(node, "a NUL character", "remove it")
            node.value = value.replace("\0", "")
        if not value.isascii() and _HALF.search(value):
            self._add(node, "half a character (an unpaired surrogate)", "remove it")
            node.value = _HALF.sub("", node.value)

    def _tag(self, node: yaml.Node) -> None:
        if _COLLECTIONS.get(node.tag) is not type(node):
            self._add(node, f"unknown tag {_short(node)}", "remove the tag")
            node.tag = MAP if isinstance(node, yaml.MappingNode) else SEQ

    def _add(self, node: yaml.Node, message: str, hint: str = "") -> None:
        key = "".join(map(_part, self._path)).lstrip(".") or "file"
        self.problems.append(problem_at(node, key, message, hint))

    def _stop(self, node: yaml.Node, message: str, hint: str) -> None:
        self._add(node, message, hint)
        raise PlaybookInvalid(self.problems)


def _part(key: yaml.Node | int) -> str:
    """Give a part of a dotted path: a key, or the index of an item."""
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key.value}" if isinstance(key, yaml.ScalarNode) else ".?"


def _merged(nodes: list[yaml.Node]) -> Iterator[Pair]:
    """Give what merge keys bring: the entries of a mapping, or of a list of them."""
    for node in nodes:
        for one in items(node) or [node]:
            if isinstance(one, yaml.MappingNode):
                yield from one.value
