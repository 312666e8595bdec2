"""Definitions: reusable checks in ``checks/*.yaml``, with typed inputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from runner.errors import UsageError
from runner.playbook.desk import Desk
from runner.playbook.document import Document, read_document
from runner.playbook.durations import DURATION
from runner.playbook.fill import Filler
from runner.playbook.names import ID, VARIABLE, refuse_clashes
from runner.playbook.nodes import child, pairs
from runner.playbook.paths import REPOSITORY_PATH, shown
from runner.playbook.problems import PlaybookInvalid, Problem, did_you_mean, problem_at
from runner.playbook.scope import Value
from runner.playbook.shapes import (
    Boolean,
    Choice,
    Field,
    Integer,
    ListOf,
    MapOf,
    Raw,
    Record,
    Shape,
    Text,
    refuse,
)

TYPES: Mapping[str, Shape[Any]] = {
    "string": Text(empty=True),
    "integer": Integer(least=-(2**31)),
    "boolean": Boolean(),
    "duration": DURATION,
}
"""The types of inputs."""

_SCALARS = {"type": ["string", "number", "boolean"]}


class Input(msgspec.Struct, frozen=True):
    """An input of a definition."""

    type: str = "string"
    """One of `TYPES`."""
    description: str = ""
    """For people."""
    default: yaml.Node | None = None
    """Its value where none is given; an input without one is required."""


INPUT = Record(
    Input,
    (
        Field("type", Choice(tuple(TYPES)), "type of the value (default: string)"),
        Field("description", Text(), "for people"),
        Field("default", Raw(_SCALARS), "value where none is given; without it one must be"),
    ),
)
"""The shape of one input."""


class Definition(msgspec.Struct, frozen=True):
    """A definition as written; its steps are read anew for every use."""

    steps: tuple[yaml.Node, ...]
    """At least one."""
    name: str = ""
    """For people."""
    description: str = ""
    """For people."""
    inputs: Mapping[str, Input] | None = None
    """By name."""
    timeout: float | None = None
    """Seconds for one attempt, where the check states none."""
    services: tuple[str, ...] = ()
    """Services that it needs."""
    file: str = ""
    """As the user would type it."""
    service_nodes: tuple[yaml.Node, ...] = ()
    """Where the services are named."""


DEFINITION = Record(
    Definition,
    (
        Field("name", Text(), "for people"),
        Field("description", Text(), "for people"),
        Field("inputs", MapOf(INPUT, VARIABLE), "what `with` gives"),
        Field("steps", ListOf(Raw(), least=1), "what is done", required=True),
        Field("timeout", DURATION, "limit of one attempt, where the check states none"),
        Field("services", ListOf(ID), "services that must be ready"),
    ),
)
"""The shape of a definition file."""


def find_definition(node: yaml.Node, desk: Desk, key: str) -> Definition | None:
    """Give the definition that ``uses`` names, read once; None where it has a problem."""
    path = desk.findings.attempt(lambda: REPOSITORY_PATH.read(node, key))
    if path is None:
        return None
    if path not in desk.definitions:
        desk.definitions[path] = desk.findings.attempt(lambda: _read(node, path, desk, key))
    return desk.definitions[path]


def _read(node: yaml.Node, path: str, desk: Desk, key: str) -> Definition:
    if not desk.confinement.holds(path):
        message = "leads out of the repository through a symbolic link"
        raise PlaybookInvalid([problem_at(node, key, message)])
    file = desk.repository / path
    try:
        document = read_document(file, shown(file))
    except UsageError as error:
        hint = _neighbours(file)
        raise PlaybookInvalid([problem_at(node, key, error.message, hint)]) from error
    desk.findings.certain.extend(document.problems)
    return _checked(document)


def _neighbours(file: Path) -> str:
    try:
        names = [one.name for one in file.parent.iterdir() if one.suffix in {".yaml", ".yml"}]
    except OSError:
        names = []
    return did_you_mean(file.name, sorted(names))


def _checked(document: Document) -> Definition:
    definition = DEFINITION.read(document.root, "")
    refuse_clashes(child(document.root, "inputs"), "inputs")
    problems: list[Problem] = []
    for name, one in (definition.inputs or {}).items():
        if one.default is not None:
            key = f"inputs.{name}.default"
            problems += _type_problems(one.default, key, one)
    if problems:
        raise PlaybookInvalid(problems)
    named = child(document.root, "services")
    return Definition(
        definition.steps,
        definition.name,
        definition.description,
        definition.inputs or {},
        definition.timeout,
        definition.services,
        document.name,
        tuple(named.value) if named is not None else (),
    )


def _type_problems(node: yaml.Node, key: str, one: Input) -> list[Problem]:
    try:
        TYPES[one.type].read(node, key)
    except PlaybookInvalid as error:
        return list(error.problems)
    return []


class Given(msgspec.Struct, frozen=True):
    """The inputs of one use."""

    values: Mapping[str, Value]
    """By look-up name: ``inputs.url``."""
    opened: frozenset[str]
    """Look-up names of inputs without a right value."""


def read_inputs(
    definition: Definition, given: yaml.Node | None, use: yaml.Node, filler: Filler, key: str
) -> Given:
    """Hold ``with`` against the definition's inputs; problems carry the place of the use.

    A default may look up what the playbook states: the filler puts it in.
    """
    inputs = definition.inputs or {}
    findings = filler.findings
    if given is not None and not isinstance(given, yaml.MappingNode):
        findings.problems.extend(refuse(given, key, "a mapping").problems)
    found = dict(pairs(given))
    if isinstance(given, yaml.MappingNode):
        for name, _ in given.value:
            if name.value not in inputs:
                hint = did_you_mean(name.value, inputs)
                message = f"{definition.file} has no such input"
                findings.add(name, f"{key}.{name.value}", message, hint)
    values: dict[str, Value] = {}
    opened: set[str] = set()
    for name, one in inputs.items():
        node = found.get(name)
        at = f"{key}.{name}"
        if node is None and one.default is not None:
            node = filler.fill(one.default, f"inputs.{name}.default")
        if node is None:
            findings.add(given or use, at, f"missing input, expected {one.type}", one.description)
        elif problems := _type_problems(node, at, one):
            findings.problems.extend(problems)
        else:
            values[f"inputs.{name}"] = _value(node)
            continue
        opened.add(f"inputs.{name}")
    return Given(values, frozenset(opened))


def _value(node: yaml.Node) -> Value:
    private = getattr(node, "shown", node.value) != node.value
    return Value(str(node.value), str(node.tag), node, private)
