"""``pins``: the places that repeat the version, and the formats they are written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
import yaml

from runner.model import Pin
from runner.playbook.nodes import pairs
from runner.playbook.paths import REPOSITORY_PATH
from runner.playbook.problems import PlaybookInvalid, Problem, problem_at
from runner.playbook.shapes import Field, Integer, ListOf, MapOf, OneKeyOf, Record, Shape, Text

_ANY = Text()


class PinFormat(msgspec.Struct, frozen=True):
    """How a version is written in a file: one entry of `FORMATS`."""

    description: str
    """For the schema."""
    selector: Shape[str] = _ANY
    """What is looked for."""
    columns: bool = False
    """Whether ``columns`` stands beside it."""


FORMATS: Mapping[str, PinFormat] = {
    "requirement": PinFormat("name of a requirement: `name==version`"),
    "pyproject": PinFormat("name of a dependency in pyproject.toml: `name==version`"),
    "docker_arg": PinFormat("name of an ARG of a Dockerfile: `ARG NAME=version`"),
    "docker_from": PinFormat("name of a base image of a Dockerfile: `FROM name:version`"),
    "yaml_path": PinFormat("path of a scalar in YAML: `services.app.image`, `list[name=x].tag`"),
    "json_path": PinFormat("path of a string in JSON, written as in yaml_path"),
    "terraform": PinFormat("name of a variable in Terraform: its value, or its default"),
    "table_row": PinFormat("first cell of a row of a Markdown table", columns=True),
    "regex": PinFormat("regular expression with a group `(?P<version>…)`"),
}
"""Every format by its key; a new one is one more line."""


def _pin(
    file: str,
    columns: Mapping[str, str] | None = None,
    template: str = "{version}",
    times: int = 1,
    locks: tuple[str, ...] = (),
    **selectors: str,
) -> Pin:
    # With more or less than one, OneKeyOf has found a problem and drops what is made here.
    (name, selector), *_ = [*selectors.items(), ("", "")]
    return Pin(file, name, selector, columns or {}, template, times, tuple(locks))


_RECORD = OneKeyOf(
    Record(
        _pin,
        (
            Field("file", REPOSITORY_PATH, "path of the file", required=True),
            *(Field(name, one.selector, one.description) for name, one in FORMATS.items()),
            Field("columns", MapOf(Text(), least=1), "for table_row: heading to template"),
            Field(
                "template",
                Text(
                    pattern=r"[^{}]*\{version\}[^{}]*",
                    expected="a text with '{version}' in it",
                ),
                "what stands there, where it is more than the version: v{version}",
            ),
            Field("times", Integer(1, 1000), "how often it stands there, if not once"),
            Field(
                "locks",
                ListOf(REPOSITORY_PATH, least=1),
                "locks made of this file by `uv pip compile`, in the order in which a bump "
                "makes them anew",
            ),
        ),
    ),
    tuple(FORMATS),
)


class _PinShape(msgspec.Struct, frozen=True):
    """A pin, with ``columns`` exactly where its format has them."""

    def read(self, node: yaml.Node, key: str) -> Pin:
        """Read the record and hold ``columns`` against the format."""
        problems = list(self._columns(node, key))
        try:
            pin = _RECORD.read(node, key)
        except PlaybookInvalid as error:
            raise PlaybookInvalid([*problems, *error.problems]) from error
        if problems:
            raise PlaybookInvalid(problems)
        return pin

    def _columns(self, node: yaml.Node, key: str) -> list[Problem]:
        there = {name for name, _ in pairs(node)}
        formats = [FORMATS[name] for name in there if name in FORMATS]
        wanted = any(one.columns for one in formats)
        if "columns" in there and formats and not wanted:
            return [problem_at(node, f"{key}.columns", "only a table_row has columns")]
        if wanted and "columns" not in there:
            return [problem_at(node, f"{key}.columns", "missing key")]
        return []

    def schema(self) -> dict[str, Any]:
        """Give the record's schema with the rule on ``columns``."""
        rules = [
            {"if": {"required": [name]}, "then": {"required": ["columns"]}}
            if one.columns
            else {"not": {"required": [name, "columns"]}}
            for name, one in FORMATS.items()
        ]
        return {**_RECORD.schema(), "allOf": rules}


PIN = _PinShape()
"""The shape of one pin."""
