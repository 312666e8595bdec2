"""``notify``: where the roles of ``owners.notify`` are told of what happens."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from runner.model import NotifyTarget
from runner.playbook.names import ENV_NAME
from runner.playbook.shapes import Choice, Field, ListOf, MapOf, Record, Text

OCCASIONS = NotifyTarget("", "").of
"""What a role can be told of."""


class _Draft(msgspec.Struct, frozen=True):
    """A target as written; its role is the key above it."""

    urls: str
    """The variable."""
    of: tuple[str, ...] = OCCASIONS
    """What is told."""


_TARGETS = MapOf(
    Record(
        _Draft,
        (
            Field(
                "urls",
                ENV_NAME,
                "name of the environment variable that holds Apprise's addresses: they are secrets",
                required=True,
            ),
            Field("of", ListOf(Choice(OCCASIONS), least=1), "what it is told of (default: all)"),
        ),
    ),
    Text(),
)


class _Targets(msgspec.Struct, frozen=True):
    """A mapping from roles to targets."""

    def read(self, node: yaml.Node, key: str) -> tuple[NotifyTarget, ...]:
        """Read every target."""
        drafts = _TARGETS.read(node, key)
        return tuple(NotifyTarget(role, one.urls, tuple(one.of)) for role, one in drafts.items())

    def schema(self) -> dict[str, Any]:
        """Give an object with a property for each role."""
        return _TARGETS.schema()


NOTIFY = _Targets()
"""Where roles are told."""
