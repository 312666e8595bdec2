"""Shapes of single values: texts, numbers, words."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import msgspec
import yaml

from runner.playbook.problems import did_you_mean
from runner.playbook.shapes.base import refuse, tag_of

T = TypeVar("T")


class Text(msgspec.Struct, frozen=True):
    """A string; numbers must be quoted, so that ``3.10`` cannot become ``3.1``."""

    pattern: str = ""
    """A regular expression that the whole text must match (written for ECMA 262 as well)."""
    expected: str = "text"
    """What the pattern means, for messages."""
    empty: bool = False
    """Whether the empty text is allowed."""

    def read(self, node: yaml.Node, key: str) -> str:
        """Take the text of a string scalar."""
        if not isinstance(node, yaml.ScalarNode) or tag_of(node) != "str":
            quote = isinstance(node, yaml.ScalarNode) and tag_of(node) != "null"
            raise refuse(node, key, self.expected, f'quote it: "{node.value}"' if quote else "")
        value = str(node.value)
        if not value and not self.empty:
            raise refuse(node, key, self.expected)
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise refuse(node, key, self.expected)
        return value

    def schema(self) -> dict[str, Any]:
        """Give a string with its limits."""
        schema: dict[str, Any] = {"type": "string"}
        if not self.empty:
            schema["minLength"] = 1
        if self.pattern:
            schema["pattern"] = f"^(?:{self.pattern})$"
        return schema


_PLAIN = {
    "int": re.compile(r"-?(0|[1-9][0-9]*)"),
    "float": re.compile(r"-?[0-9]+\.[0-9]+"),
    "bool": re.compile(r"true|false"),
}
"""By type, how a scalar looks of which every reader of YAML makes what is written."""


class Scalar(msgspec.Struct, frozen=True):
    """A string, number or boolean, taken as it is written: for argv and the environment.

    What other readers of YAML would make something else of (``010`` is 8 in YAML 1.1 and 10 in
    1.2, ``yes`` is true in 1.1) must be quoted: nobody can tell which of both is meant.
    """

    def read(self, node: yaml.Node, key: str) -> str:
        """Take the written characters of a scalar."""
        if not isinstance(node, yaml.ScalarNode):
            raise refuse(node, key, "text or a number")
        written, kind = str(node.value), tag_of(node)
        if kind == "str" or (kind in _PLAIN and _PLAIN[kind].fullmatch(written)):
            return written
        wanted = "text, or a number written plainly" if kind in _PLAIN else "text or a number"
        raise refuse(node, key, wanted, f'quote it: "{written}"' if written else "")

    def schema(self) -> dict[str, Any]:
        """Give every scalar but null."""
        return {"type": ["string", "number", "boolean"]}


class Integer(msgspec.Struct, frozen=True):
    """A whole number within bounds."""

    least: int = 0
    """Smallest value allowed."""
    most: int = 2**31
    """Largest value allowed."""

    def read(self, node: yaml.Node, key: str) -> int:
        """Take a decimal integer."""
        text = str(node.value)
        if tag_of(node) != "int" or not re.fullmatch(r"-?(0|[1-9][0-9]{0,17})", text):
            raise refuse(node, key, "a whole number")
        value = int(text)
        if not self.least <= value <= self.most:
            raise refuse(node, key, f"a whole number from {self.least} to {self.most}")
        return value

    def schema(self) -> dict[str, Any]:
        """Give an integer with its bounds."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


class Number(msgspec.Struct, frozen=True):
    """A number, whole or not, within bounds."""

    least: float = 0.0
    """Smallest value allowed."""
    most: float = 1e6
    """Largest value allowed."""

    def read(self, node: yaml.Node, key: str) -> float:
        """Take a decimal number."""
        text = str(node.value)
        if tag_of(node) not in {"int", "float"} or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
            raise refuse(node, key, "a number")
        value = float(text)
        if not self.least <= value <= self.most:
            raise refuse(node, key, f"a number from {self.least:g} to {self.most:g}")
        return value

    def schema(self) -> dict[str, Any]:
        """Give a number with its bounds."""
        return {"type": "number", "minimum": self.least, "maximum": self.most}


class Boolean(msgspec.Struct, frozen=True):
    """``true`` or ``false``; YAML 1.1's ``yes`` and ``on`` are refused as ambiguous."""

    def read(self, node: yaml.Node, key: str) -> bool:
        """Take a boolean written as JSON writes it."""
        if tag_of(node) != "bool" or node.value not in {"true", "false"}:
            raise refuse(node, key, "true or false")
        return bool(node.value == "true")

    def schema(self) -> dict[str, Any]:
        """Give a boolean."""
        return {"type": "boolean"}


class Choice(msgspec.Struct, frozen=True):
    """One of a few words."""

    words: tuple[str, ...]
    """The words allowed."""

    def read(self, node: yaml.Node, key: str) -> str:
        """Take a word of the list."""
        if tag_of(node) != "str" or node.value not in self.words:
            hint = did_you_mean(str(node.value), self.words) if tag_of(node) == "str" else ""
            raise refuse(node, key, f"one of {', '.join(self.words)}", hint)
        return str(node.value)

    def schema(self) -> dict[str, Any]:
        """Give the list of words."""
        return {"enum": list(self.words)}


class Convert(msgspec.Struct, Generic[T], frozen=True):
    """A text shape whose value is parsed further: durations, paths, patterns."""

    text: Text
    """The shape of the text."""
    parse: Callable[[str], T]
    """Makes the value; raises ValueError with what was expected."""

    def read(self, node: yaml.Node, key: str) -> T:
        """Read the text and parse it."""
        value = self.text.read(node, key)
        try:
            return self.parse(value)
        except ValueError as error:
            raise refuse(node, key, str(error)) from error

    def schema(self) -> dict[str, Any]:
        """Give the schema of the text."""
        return self.text.schema()
