"""Puts the values of look-ups into YAML nodes, before any shape reads them."""

from __future__ import annotations

import re

import msgspec
import yaml

from runner.playbook.expressions import LOOK_UP, OPENING, find, malformed
from runner.playbook.findings import Findings
from runner.playbook.nodes import STR, Pair, mapping, sequence
from runner.playbook.scope import Open, Scope, Value, Wrong

_PRIVATE = re.compile(r"\.with\.(headers|body|json)\b")
"""Where a secret may stand in ``with``: sent by the runner itself, redacted in evidence."""


class Filled(yaml.ScalarNode):
    """A scalar with its look-ups replaced."""

    written: str
    """As it stands in the file."""
    shown: str
    """What messages may show: nothing of the machine's environment."""


class Filler(msgspec.Struct):
    """Fills nodes with the values of a scope, and notes which run-time names are left."""

    scope: Scope
    """The names."""
    findings: Findings
    """Takes the problems."""
    left: set[str] = msgspec.field(default_factory=set)
    """Run-time names that are left in what was filled so far."""
    sends: bool = True
    """Whether ``with`` belongs to a kind, which may send a secret, not to a definition."""

    def fill(self, node: yaml.Node, key: str, *, private: bool = False) -> yaml.Node:
        """Give the node with every static look-up replaced; the same node where there is none.

        ``private`` says that the value goes into an environment, where no one sees it.
        """
        if not holds(node):
            return node
        if isinstance(node, yaml.MappingNode):
            return mapping(
                [self._entry(name, item, key, private=private) for name, item in node.value], node
            )
        if isinstance(node, yaml.SequenceNode):
            parts = [
                self.fill(item, f"{key}[{index}]", private=private)
                for index, item in enumerate(node.value)
            ]
            return sequence(parts, node)
        return self._scalar(node, key, private=private or self._sent(key))

    def _sent(self, key: str) -> bool:
        return self.sends and _PRIVATE.search(key) is not None

    def _entry(self, name: yaml.ScalarNode, item: yaml.Node, key: str, *, private: bool) -> Pair:
        at = f"{key}.{name.value}" if key else str(name.value)
        if OPENING in name.value:
            self.findings.add(name, at, "look-ups are not replaced in keys")
        return name, self.fill(item, at, private=private)

    def _scalar(self, node: yaml.Node, key: str, *, private: bool) -> yaml.Node:
        text = str(node.value)
        if malformed(text):
            self.findings.add(node, key, "not a look-up", "write ${{ name.name }}")
            self.findings.leave_open(node)
            return node
        values: dict[str, Value] = {}
        for name in find(text):
            self._look_up(node, key, name, values, private=private)
        return _replaced(node, text, values) if values else node

    def _look_up(
        self, node: yaml.Node, key: str, name: str, values: dict[str, Value], *, private: bool
    ) -> None:
        secret = name.startswith("env.") and name[4:] in self.scope.secrets
        if secret and private and self._sent(key):
            self.left.add(name)  # so that no plan shows it, and no fingerprint holds it
            return
        found = self.scope.look_up(name, private=private)
        if isinstance(found, Value):
            values[name] = found
            self.left.update(find(found.text))
        elif isinstance(found, Wrong):
            self.findings.add(node, key, found.message, found.hint)
            self.findings.leave_open(node)
        elif isinstance(found, Open):
            self.findings.leave_open(node)
        else:
            self.left.add(name)


def holds(node: yaml.Node) -> bool:
    """Say whether there is any look-up in a node."""
    if isinstance(node, yaml.MappingNode):
        return any(OPENING in name.value or holds(item) for name, item in node.value)
    if isinstance(node, yaml.SequenceNode):
        return any(map(holds, node.value))
    return OPENING in node.value


def _replaced(node: yaml.Node, text: str, values: dict[str, Value]) -> Filled:
    whole = LOOK_UP.fullmatch(text)
    value = values[whole[1]] if whole else Value("")
    place = value.node or node
    text_of = {name: one.text for name, one in values.items()}
    shown = {name: one.text for name, one in values.items() if not one.private}
    filled = Filled(value.tag if whole else STR, _put(text, text_of), place.start_mark)
    filled.written = text
    filled.shown = _put(text, shown)
    return filled


def _put(text: str, values: dict[str, str]) -> str:
    return LOOK_UP.sub(lambda match: values.get(match[1], match[0]), text)
