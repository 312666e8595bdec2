"""The file of waivers: findings that somebody has accepted, for a while and for a reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import yaml
from packaging.specifiers import SpecifierSet

from runner.advisories.versions import package_name
from runner.advisories.waivers import Waiver
from runner.errors import UsageError
from runner.playbook.document import read_document
from runner.playbook.nodes import child, items
from runner.playbook.problems import PlaybookInvalid, place_of, problem_at
from runner.playbook.shapes import Convert, Field, ListOf, Record, Text, each, refuse, tag_of


@dataclass(frozen=True)
class _Date:
    """A day, quoted or not: YAML itself knows dates."""

    def read(self, node: yaml.Node, key: str) -> date:
        """Take a day of ISO 8601."""
        if isinstance(node, yaml.ScalarNode) and tag_of(node) in {"str", "timestamp"}:
            try:
                return date.fromisoformat(str(node.value))
            except ValueError:
                pass
        raise refuse(node, key, "a day like 2027-01-31")

    def schema(self) -> dict[str, Any]:
        """Give a date."""
        return {"type": "string", "format": "date"}


def _range(text: str) -> str:
    return str(SpecifierSet(text))


WAIVERS = Record(
    dict[str, Any],
    (
        Field(
            "waivers",
            ListOf(
                Record(
                    dict[str, Any],
                    (
                        Field("id", Text(), "any id of the advisory", required=True),
                        Field("package", Convert(Text(), package_name), required=True),
                        Field("versions", Convert(Text(), _range), "as in PEP 440", required=True),
                        Field("reason", Text(), "why it can be accepted", required=True),
                        Field("owner", Text(), "who answers for that", required=True),
                        Field("expires", _Date(), "the last day it counts", required=True),
                    ),
                )
            ),
            required=True,
        ),
    ),
)
"""The shape of the file."""


def read_waivers(file: Path, shown: str) -> tuple[Waiver, ...]:
    """Read a file of waivers; raises PlaybookInvalid, and UsageError where it is not there."""
    try:
        document = read_document(file, shown)
    except UsageError as error:
        hint = "name a file of waivers, by its path in the repository"
        raise UsageError(error.message, hint=hint) from error
    try:
        waivers = _waivers(document.root)
    except PlaybookInvalid as error:
        raise PlaybookInvalid([*document.problems, *error.problems]) from error
    if document.problems:
        raise PlaybookInvalid(document.problems)
    return waivers


def _waivers(root: yaml.Node) -> tuple[Waiver, ...]:
    values = WAIVERS.read(root, "")["waivers"]
    pairs = enumerate(zip(values, items(child(root, "waivers")), strict=True))
    return each(partial(_waiver, *pair, f"waivers[{index}]") for index, pair in pairs)


def _waiver(values: Mapping[str, Any], node: yaml.Node, key: str) -> Waiver:
    place = place_of(node)
    try:
        return Waiver(place=f"{place.file}:{place.line}:{place.column}", **values)
    except ValueError as error:
        raise PlaybookInvalid([problem_at(node, key, str(error))]) from error
