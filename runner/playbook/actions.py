"""From ``uses`` or ``run`` with ``with`` and ``expect`` to the action of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import yaml
from msgspec.structs import replace

from runner.model import Action
from runner.playbook.kinds import KindSpec
from runner.playbook.nodes import Pair, child, mapping, text
from runner.playbook.problems import PlaybookInvalid, did_you_mean, problem_at
from runner.playbook.shapes import Text, each, refuse, tag_of

SAYS = "says"
"""The key of a machine expectation that holds the owner's words."""
RUN_KIND = "command"
"""The kind that ``run`` is short for."""


_CHECKABLE = "a mapping of what can be checked"
VACUOUS = "states nothing, so anything would pass"
"""What is said of an empty expectation."""


class ActionNodes(msgspec.Struct, frozen=True):
    """What is written of an action."""

    owner: yaml.Node
    """The check or step."""
    uses: yaml.Node | None = None
    """Name of a kind."""
    run: yaml.Node | None = None
    """Instead of it: a shell script or an argv."""
    parameters: yaml.Node | None = None
    """``with``."""
    expect: yaml.Node | None = None
    """``expect`` where it is a mapping."""


def read_action(nodes: ActionNodes, kinds: Mapping[str, KindSpec], key: str) -> tuple[str, Action]:
    """Give the kind's name and its action; raises PlaybookInvalid."""
    kind = _kind(nodes, kinds, key)
    readers: list[Callable[[], Any]] = [
        lambda: _parameters(nodes, kind, key),
        lambda: _expectation(nodes, kind, key),
    ]
    parameters, expectation = each(readers)
    try:
        return kind.name, kind.build(parameters, expectation)
    except ValueError as error:
        raise PlaybookInvalid([problem_at(nodes.owner, key, str(error))]) from error


def _kind(nodes: ActionNodes, kinds: Mapping[str, KindSpec], key: str) -> KindSpec:
    node = nodes.uses
    if node is None:
        node, name = nodes.run or nodes.owner, RUN_KIND
    else:
        name = str(node.value) if isinstance(node, yaml.ScalarNode) else ""
    kind = kinds.get(name)
    if kind is None:
        hint = did_you_mean(name, kinds)
        raise PlaybookInvalid([problem_at(node, f"{key}.uses", f"unknown kind '{name}'", hint)])
    return kind


def _parameters(nodes: ActionNodes, kind: KindSpec, key: str) -> Any:  # noqa: ANN401 - the kind's
    place = nodes.uses or nodes.owner
    node = nodes.parameters if nodes.parameters is not None else mapping([], place)
    if nodes.run is None:
        return kind.parameters.read(node, f"{key}.with")
    if not isinstance(node, yaml.MappingNode):
        raise refuse(node, f"{key}.with", "a mapping")
    doubles = [name for name, _ in node.value if name.value == "run"]
    if doubles:
        message = "is there twice: beside 'with' and in it"
        raise PlaybookInvalid([problem_at(doubles[0], f"{key}.with.run", message)])
    first: Pair = (text("run", nodes.run), nodes.run)
    try:
        return kind.parameters.read(mapping([first, *node.value], node), f"{key}.with")
    except PlaybookInvalid as error:
        prefix = f"{key}.with.run"
        raise PlaybookInvalid(
            replace(one, key=f"{key}.run{one.key.removeprefix(prefix)}")
            if one.key.startswith(prefix)
            else one
            for one in error.problems
        ) from error


def _expectation(nodes: ActionNodes, kind: KindSpec, key: str) -> Any:  # noqa: ANN401 - the kind's
    key = f"{key}.expect"
    stated = _machine_part(nodes.expect, key)
    if stated is not None:
        return kind.expectation.read(stated, key)
    if kind.default_expectation is None:
        place = nodes.expect if nodes.expect is not None else nodes.owner
        message = "states no expectation that can be checked"
        raise PlaybookInvalid([problem_at(place, key, message, _expects(kind))])
    return kind.default_expectation()


def _machine_part(node: yaml.Node | None, key: str) -> yaml.MappingNode | None:
    """Give the mapping without the owner's words, or None where nothing else is there."""
    if node is None:
        return None
    if _states_nothing(node):
        raise PlaybookInvalid([problem_at(node, key, VACUOUS)])
    if not isinstance(node, yaml.MappingNode):
        raise refuse(node, key, _CHECKABLE)
    empty = [name for name, item in node.value if name.value != SAYS and _states_nothing(item)]
    if empty:
        message = VACUOUS
        raise PlaybookInvalid(problem_at(name, f"{key}.{name.value}", message) for name in empty)
    rest = [pair for pair in node.value if pair[0].value != SAYS]
    return mapping(rest, node) if rest else None


def _states_nothing(node: yaml.Node) -> bool:
    return not node.value or tag_of(node) == "null"


def _expects(kind: KindSpec) -> str:
    words = ", ".join(kind.expectation.schema().get("properties", ()))
    return f"say under expect what {kind.name} can hold it against: {words}" if words else ""


def is_prose(node: yaml.Node) -> bool:
    """Say whether ``expect`` is the owner's words alone, of which a kind learns nothing."""
    return isinstance(node, yaml.ScalarNode) and not _states_nothing(node)


def words_of(node: yaml.Node | None, key: str) -> str:
    """Give the owner's words: a prose ``expect``, or ``says`` in a mapping."""
    if node is None:
        return ""
    said = child(node, SAYS) if isinstance(node, yaml.MappingNode) else node
    if said is None:
        return ""
    at = f"{key}.{SAYS}" if said is not node else key
    if _states_nothing(said):
        raise PlaybookInvalid([problem_at(said, at, VACUOUS)])
    if isinstance(said, yaml.SequenceNode):
        raise refuse(said, at, "text" if said is not node else _CHECKABLE)
    return Text().read(said, at)
