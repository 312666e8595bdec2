"""``stages``: ordered checks, and whether what they name is there."""

from __future__ import annotations

import graphlib
import posixpath
from collections.abc import Iterable, Mapping

import yaml

from runner.model import Check
from runner.playbook.checks import Setting, read_check
from runner.playbook.desk import Desk
from runner.playbook.names import ID, slug
from runner.playbook.nodes import child, items, pairs
from runner.playbook.problems import did_you_mean
from runner.playbook.shapes import ListOf, MapOf, Raw
from runner.playbook.usage import is_definition

STAGES = MapOf(ListOf(Raw(), least=1), ID, least=1)
"""The shape of ``stages``, its checks still YAML."""


_MOST_CYCLES = 20
"""How many cycles are told of at once."""


def id_of(node: yaml.Node, index: int) -> str:
    """Give a check's id: as written, or a slug of its area before any look-up is replaced."""
    written = child(node, "id")
    if isinstance(written, yaml.ScalarNode) and written.value:
        return str(written.value)
    area = child(node, "area")
    title = str(area.value) if isinstance(area, yaml.ScalarNode) else ""
    return slug(title) or f"check-{index + 1}"


def read_stages(
    node: yaml.Node, setting: Setting, services: Iterable[str]
) -> Mapping[str, tuple[Check, ...]]:
    """Read every stage; its problems are on the setting's desk."""
    findings = setting.desk.findings
    findings.attempt(lambda: STAGES.read(node, "stages"))  # a wrong one hides no other's problems
    return {name: _read_stage(name, item, setting, services) for name, item in pairs(node)}


def _read_stage(
    stage: str, node: yaml.Node, setting: Setting, services: Iterable[str]
) -> tuple[Check, ...]:
    nodes = items(node)
    key = f"stages.{stage}"
    ids = [id_of(item, index) for index, item in enumerate(nodes)]
    _refuse_doubles(ids, nodes, setting.desk, key)
    checks = []
    for index, item in enumerate(nodes):
        at = f"{key}[{index}]"
        check = read_check(item, setting, at, ids[index])
        if check is not None:
            checks.append(check)
        _refuse_unknown_services(item, setting.desk, at, services)
    _refuse_needs(ids, nodes, setting.desk, key)
    return tuple(checks)


def _refuse_doubles(ids: list[str], nodes: list[yaml.Node], desk: Desk, key: str) -> None:
    seen: dict[str, int] = {}
    for index, name in enumerate(ids):
        first = seen.setdefault(name.casefold(), index)
        if first != index:
            node = nodes[index]
            written = child(node, "id")
            line = nodes[first].start_mark.line + 1
            message = f"the id '{name}' is taken by the check in line {line}"
            hint = "" if written else "two equal areas: give one an id of its own"
            desk.findings.add(written or node, f"{key}[{index}].id", message, hint)


def _refuse_unknown_services(
    node: yaml.Node, desk: Desk, key: str, services: Iterable[str]
) -> None:
    own = items(child(node, "services"))
    named = [(item, f"{key}.services[{index}]") for index, item in enumerate(own)]
    uses = child(node, "uses")
    if isinstance(uses, yaml.ScalarNode) and is_definition(uses):
        definition = desk.definitions.get(posixpath.normpath(uses.value))
        theirs = definition.service_nodes if definition else ()
        named += [(item, f"services[{index}]") for index, item in enumerate(theirs)]
    for item, at in named:
        if isinstance(item, yaml.ScalarNode) and item.value not in services:
            hint = did_you_mean(item.value, services)
            desk.findings.add(item, at, f"there is no service '{item.value}'", hint)


def _refuse_needs(ids: list[str], nodes: list[yaml.Node], desk: Desk, key: str) -> None:
    known = set(ids)
    graph: dict[str, list[str]] = {}
    places: dict[str, tuple[yaml.Node, str]] = {}
    for index, node in enumerate(nodes):
        needs = child(node, "needs")
        for number, item in enumerate(items(needs)):
            name = str(item.value)
            at = f"{key}[{index}].needs[{number}]"
            if name == ids[index]:
                desk.findings.add(item, at, "a check cannot need itself")
            elif name not in known:
                hint = did_you_mean(name, (one for one in ids if one != ids[index]))
                message = f"there is no check '{name}' in this stage"
                desk.findings.add(item, at, message, hint)
            else:
                graph.setdefault(ids[index], []).append(name)
                places.setdefault(ids[index], (item, f"{key}[{index}].needs"))
    for cycle in _cycles(graph):
        first = min(cycle, key=ids.index)
        turn = cycle.index(first)
        path = " → ".join((*cycle[turn:], *cycle[:turn], first))
        desk.findings.add(*places[first], f"checks that wait for each other: {path}")


def _cycles(graph: dict[str, list[str]]) -> list[list[str]]:
    """Give cycles that share no check, each in the order of the needs."""
    found: list[list[str]] = []
    while graph and len(found) < _MOST_CYCLES:
        try:
            graphlib.TopologicalSorter(graph).prepare()
        except graphlib.CycleError as error:
            cycle = list(reversed(error.args[1]))[:-1]
            found.append(cycle)
            graph = {name: needs for name, needs in graph.items() if name not in cycle}
        else:
            break
    return found
