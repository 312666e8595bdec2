"""Shapes made of shapes: lists, mappings, records, alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import combinations
from typing import Any, Generic, TypeVar

import msgspec
import yaml
from msgspec.structs import force_setattr

from runner.playbook.problems import PlaybookInvalid, Problem, did_you_mean, problem_at
from runner.playbook.shapes.base import Shape, each, refuse, tag_of
from runner.playbook.shapes.scalars import Text

T = TypeVar("T")

_ANY = Text()
_MOST_HINTS = 50
"""Unknown keys of one record for which a near one is looked for."""


class ListOf(msgspec.Struct, Generic[T], frozen=True):
    """A list of one shape."""

    item: Shape[T]
    """The shape of each item."""
    least: int = 0
    """Fewest items allowed."""

    def read(self, node: yaml.Node, key: str) -> tuple[T, ...]:
        """Read every item."""
        if not isinstance(node, yaml.SequenceNode):
            raise refuse(node, key, "a list")
        if len(node.value) < self.least:
            raise refuse(node, key, f"a list of at least {self.least}")
        read = self.item.read
        return each(partial(read, item, f"{key}[{index}]") for index, item in enumerate(node.value))

    def schema(self) -> dict[str, Any]:
        """Give an array."""
        least = {"minItems": self.least} if self.least else {}
        return {"type": "array", "items": self.item.schema(), **least}


class MapOf(msgspec.Struct, Generic[T], frozen=True):
    """A mapping from free names to one shape."""

    value: Shape[T]
    """The shape of each value."""
    name: Text = _ANY
    """The shape of each key."""
    least: int = 0
    """Fewest entries allowed."""

    def read(self, node: yaml.Node, key: str) -> Mapping[str, T]:
        """Read every entry."""
        if not isinstance(node, yaml.MappingNode):
            raise refuse(node, key, "a mapping")
        if len(node.value) < self.least:
            raise refuse(node, key, f"a mapping of at least {self.least}")
        return dict(each(partial(self._entry, name, item, key) for name, item in node.value))

    def _entry(self, name: yaml.Node, item: yaml.Node, key: str) -> tuple[str, T]:
        at = _join(key, str(name.value))
        return self.name.read(name, at), self.value.read(item, at)

    def schema(self) -> dict[str, Any]:
        """Give an object with free property names."""
        least = {"minProperties": self.least} if self.least else {}
        return {
            "type": "object",
            "propertyNames": self.name.schema(),
            "additionalProperties": self.value.schema(),
            **least,
        }


class Field(msgspec.Struct, frozen=True):
    """A key of a record."""

    key: str
    """As written in YAML."""
    shape: Shape[Any]
    """The shape of its value."""
    description: str = ""
    """For the schema."""
    required: bool = False
    """Whether it must be there."""
    attribute: str = ""
    """Name of the factory's argument; the key, with ``_`` for ``-``, where empty."""

    @property
    def argument(self) -> str:
        """The name under which the factory takes the value."""
        return self.attribute or self.key.replace("-", "_")


class Record(msgspec.Struct, Generic[T], frozen=True):
    """A mapping with known keys, made into a value by a factory, often a dataclass."""

    factory: Callable[..., T]
    """Called with the values of the keys that are there, by name."""
    fields: tuple[Field, ...]
    """Every key allowed."""
    least: int = 0
    """Fewest keys that must be there: 1 refuses an empty mapping."""
    _known: Mapping[str, tuple[str, Shape[Any]]] = {}
    _required: tuple[str, ...] = ()
    _needed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Index the fields once: a record is read for every check."""
        known = {one.key: (one.argument, one.shape) for one in self.fields}
        force_setattr(self, "_known", known)
        required = tuple(one.key for one in self.fields if one.required)
        force_setattr(self, "_required", required)
        force_setattr(self, "_needed", frozenset(known[word][0] for word in required))

    def read(self, node: yaml.Node, key: str) -> T:
        """Read the known keys, and report unknown and missing ones."""
        if not isinstance(node, yaml.MappingNode):
            raise refuse(node, key, "a mapping")
        if len(node.value) < self.least:
            raise refuse(node, key, f"at least one of {', '.join(f.key for f in self.fields)}")
        values: dict[str, Any] = {}
        problems: list[Problem] = []
        for name, item in node.value:
            word = str(name.value)
            known = self._known.get(word)
            if known is None:
                hint = did_you_mean(word, self._known) if len(problems) < _MOST_HINTS else ""
                problems.append(problem_at(name, _join(key, word), "unknown key", hint))
                continue
            argument, shape = known
            try:
                values[argument] = shape.read(item, _join(key, word))
            except PlaybookInvalid as error:
                problems.extend(error.problems)
        if problems or not values.keys() >= self._needed:
            problems.extend(self._missing(node, key))
        if problems:
            raise PlaybookInvalid(problems)
        return self.factory(**values)

    def _missing(self, node: yaml.MappingNode, key: str) -> Iterator[Problem]:
        there = {str(name.value) for name, _ in node.value}
        for word in self._required:
            if word not in there:
                yield problem_at(node, _join(key, word), "missing key")

    def schema(self) -> dict[str, Any]:
        """Give an object with these properties and no others."""
        schema: dict[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                one.key: {"description": one.description, **one.shape.schema()}
                if one.description
                else one.shape.schema()
                for one in self.fields
            },
        }
        if self._required:
            schema["required"] = list(self._required)
        if self.least:
            schema["minProperties"] = self.least
        return schema


class OneKeyOf(msgspec.Struct, Generic[T], frozen=True):
    """A record with at most one key of a group, or exactly one."""

    record: Record[T]
    """The record."""
    keys: tuple[str, ...]
    """The keys that exclude each other."""
    exactly: bool = True
    """Whether one of them must be there."""

    def read(self, node: yaml.Node, key: str) -> T:
        """Read the record; its problems and those of the group come together."""
        problems = list(self._problems(node, key))
        try:
            value = self.record.read(node, key)
        except PlaybookInvalid as error:
            raise PlaybookInvalid([*problems, *error.problems]) from error
        if problems:
            raise PlaybookInvalid(problems)
        return value

    def _problems(self, node: yaml.Node, key: str) -> Iterator[Problem]:
        if not isinstance(node, yaml.MappingNode):
            return
        there = [name for name, _ in node.value if name.value in self.keys]
        if len(there) == 1:
            return
        words = ", ".join(self.keys)
        if not there and self.exactly:
            yield problem_at(node, key, f"needs one of {words}")
        for name in there[1:]:
            first = there[0].value
            message = f"cannot stand beside '{first}': only one of {words}"
            yield problem_at(name, _join(key, str(name.value)), message)

    def schema(self) -> dict[str, Any]:
        """Give the record's schema with the rule added."""
        schema = self.record.schema()
        schema["not"] = {"anyOf": [{"required": list(two)} for two in combinations(self.keys, 2)]}
        if self.exactly:
            schema["anyOf"] = [{"required": [word]} for word in self.keys]
        return schema


class Either(msgspec.Struct, Generic[T], frozen=True):
    """One of several shapes, told apart by the type of the node."""

    options: Mapping[str, Shape[T]]
    """Short YAML type (``str``, ``int``, ``seq``, ``map``) to shape."""
    expected: str
    """In words, for messages."""

    def read(self, node: yaml.Node, key: str) -> T:
        """Read with the shape for this type of node."""
        shape = self.options.get(tag_of(node))
        if shape is None:
            raise refuse(node, key, self.expected)
        return shape.read(node, key)

    def schema(self) -> dict[str, Any]:
        """Give the alternatives."""
        schemas: list[dict[str, Any]] = []
        for shape in self.options.values():
            if (schema := shape.schema()) not in schemas:
                schemas.append(schema)
        return {"anyOf": schemas} if len(schemas) > 1 else schemas[0]


def _join(key: str, word: str) -> str:
    return f"{key}.{word}" if key else word
