"""Tells the two things apart that ``uses`` can name."""

from __future__ import annotations

import yaml

DEFINITION_PATTERN = r"\./.*\.ya?ml"
"""What the path of a definition looks like."""


def is_definition(node: yaml.Node | None) -> bool:
    """Say whether ``uses`` names a definition file, not a kind."""
    if not isinstance(node, yaml.ScalarNode):
        return False
    return str(node.value).startswith(("./", "/", "../")) or node.value.endswith((".yaml", ".yml"))
