"""The shapes of ``release`` and ``owners``."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import yaml

from runner.model import Owners, Release
from runner.playbook.shapes import Choice, Field, ListOf, Record, Text, refuse, tag_of

UPGRADE_STATES = ("queued", "in_progress", "done", "rolled_back")
"""Where an upgrade can stand."""

VERSION = Text(pattern=r"[A-Za-z0-9][A-Za-z0-9.!+_-]*", expected="a version")
"""The shape of a version."""


class _Day(msgspec.Struct, frozen=True):
    """A day, quoted or not: YAML itself knows dates."""

    def read(self, node: yaml.Node, key: str) -> str:
        """Take a day of ISO 8601."""
        if isinstance(node, yaml.ScalarNode) and tag_of(node) in {"str", "timestamp"}:
            try:
                return date.fromisoformat(str(node.value)).isoformat()
            except ValueError:
                pass
        raise refuse(node, key, "a day like 2027-01-31")

    def schema(self) -> dict[str, Any]:
        """Give a date."""
        return {"type": "string", "format": "date"}


RELEASE = Record(
    Release,
    (
        Field(
            "package",
            Text(pattern=r"[A-Za-z0-9][A-Za-z0-9._-]*", expected="the name of a package"),
            "name of the tracked dependency on its package index",
            required=True,
        ),
        Field(
            "version",
            VERSION,
            "the version that the pins repeat",
            required=True,
        ),
        Field("image", Text(), "image reference of this version"),
        Field(
            "image_template",
            Text(pattern=r"[^{}]*\{version\}[^{}]*", expected="an image with '{version}' in it"),
            "image reference with {version} for the version",
        ),
        Field("status", Text(), "a line for people on the state of this version"),
        Field("upgrade_status", Choice(UPGRADE_STATES), "where the upgrade stands"),
        Field("cves", ListOf(Text()), "advisory ids tracked for this version"),
        Field("release_notes", Text(), "address of the release notes"),
        Field("target", VERSION, "the version that triage recommends"),
        Field("triaged", _Day(), "the day on which upstream was looked at last"),
    ),
)
"""The tracked dependency."""

OWNERS = Record(
    Owners,
    (
        Field("dri", Text(), "the directly responsible individual or role"),
        Field("backup", Text(), "who stands in"),
        Field("notify", ListOf(Text()), "roles told of the outcome"),
    ),
)
"""Who answers for the upgrade."""
