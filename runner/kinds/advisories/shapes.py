"""What the shapes of subjects and sources have in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from runner.playbook.paths import REPOSITORY_PATH
from runner.playbook.shapes import Convert, Either, Field, OneKeyOf, Record


@dataclass(frozen=True)
class Only:
    """Reads a mapping with one key, and makes a value of the key and what it holds."""

    shape: OneKeyOf[dict[str, Any]]
    """The key and what it may hold."""
    factory: Any
    """Called with the key and its options."""

    def read(self, node: yaml.Node, key: str) -> Any:  # noqa: ANN401 - the factory's
        """Read the mapping; a plain path is its only option."""
        ((name, options),) = self.shape.read(node, key).items()
        return self.factory(name, options)

    def schema(self) -> dict[str, Any]:
        """Give the schema of the mapping."""
        return self.shape.schema()


def options(*fields: Field) -> Record[dict[str, Any]]:
    """Give the shape of a mapping that is kept as it is."""
    return Record(dict[str, Any], fields)


def path_or(first: str, *more: Field, description: str) -> Either[dict[str, Any]]:
    """Let a plain path stand for a mapping with only that."""
    path: Convert[dict[str, Any]] = Convert(
        REPOSITORY_PATH.text, lambda text: {first: REPOSITORY_PATH.parse(text)}
    )
    stated = options(Field(first, REPOSITORY_PATH, description, required=True), *more)
    return Either({"str": path, "map": stated}, f"a path, or a mapping with '{first}'")
