"""The shapes of ``release`` and ``owners``."""

from __future__ import annotations

from runner.model import Owners, Release
from runner.playbook.shapes import Choice, Field, ListOf, Record, Text

UPGRADE_STATES = ("queued", "in_progress", "done", "rolled_back")
"""Where an upgrade can stand."""

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
            Text(pattern=r"[A-Za-z0-9][A-Za-z0-9.!+_-]*", expected="a version"),
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
