"""How an image and its engine are named in a playbook."""

from __future__ import annotations

from runner.advisories.images.client import ENGINES
from runner.playbook.shapes import Choice, Field, Text

REFERENCE = Text(
    pattern=r"[^\s-][^\s]*|[\s\S]*\$\{\{[\s\S]*",
    expected="the reference of an image: registry/name:tag",
)
"""The shape of a reference; the engine knows best what is one."""
ENGINE = Field("engine", Choice(ENGINES), "the container engine (default: the one that is there)")
"""``engine``: docker or podman."""
