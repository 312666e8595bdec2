"""Shapes with a meaning of their own: a node kept for later, and shell scripts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from runner.playbook.expressions import OPENING, find, variable
from runner.playbook.problems import PlaybookInvalid, problem_at
from runner.playbook.shapes.scalars import Text

NOT_IN_SHELL = "a shell script is never filled in, so that no value can become code"
"""What is said of a look-up in a shell script."""


class Raw(msgspec.Struct, frozen=True):
    """Any node, kept as it is and read later by someone who knows more."""

    described: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """Its JSON Schema."""

    def read(self, node: yaml.Node, key: str) -> yaml.Node:  # noqa: ARG002 - the protocol's
        """Give the node."""
        return node

    def schema(self) -> dict[str, Any]:
        """Give the schema that was stated."""
        return dict(self.described)


class ShellText(msgspec.Struct, frozen=True):
    """A shell script: ``${{ }}`` is refused, the values come as environment variables."""

    def read(self, node: yaml.Node, key: str) -> str:
        """Take the script as it was written."""
        value = Text(expected="a shell script").read(node, key)
        written = str(getattr(node, "written", value))
        if OPENING in written:
            names = " and ".join(f'"${variable(name)}"' for name in dict.fromkeys(find(written)))
            hint = f"use {names}" if names else "use the environment variable"
            raise PlaybookInvalid([problem_at(node, key, NOT_IN_SHELL, hint)])
        return value

    def schema(self) -> dict[str, Any]:
        """Give a string without look-ups."""
        return {"type": "string", "minLength": 1, "not": {"pattern": r"\$\{\{"}}
