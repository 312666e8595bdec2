"""What every step of a kind shares: a top-level key laid under the ``with`` of each."""

from __future__ import annotations

import yaml

from runner.playbook.desk import Desk
from runner.playbook.nodes import child, mapping, text

SHARED = ("advisories",)
"""The kinds that have a top-level key of their own."""


def lay_under(node: yaml.MappingNode, desk: Desk) -> yaml.MappingNode:
    """Give a check or step with what its kind shares; its own ``with`` wins, key by key."""
    uses = child(node, "uses")
    shared = desk.shared.get(str(uses.value)) if isinstance(uses, yaml.ScalarNode) else None
    if shared is None:
        return node
    own = child(node, "with")
    if own is None:
        return mapping([*node.value, (text("with", node), shared)], node)
    if not isinstance(own, yaml.MappingNode):
        return node
    stated = {str(name.value) for name, _ in own.value}
    both = [*own.value, *(pair for pair in shared.value if pair[0].value not in stated)]
    merged = mapping(both, own)
    return mapping([(name, merged if item is own else item) for name, item in node.value], node)
