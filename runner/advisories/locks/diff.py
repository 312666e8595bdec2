"""``locks/diff.json``: what an upgrade changes in the list of packages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import msgspec

from runner.advisories.inventory import Component, Inventory, Method
from runner.advisories.locks.steps import Step, step


@dataclass(frozen=True)
class Side:
    """One of the two lists."""

    subject: str
    """What was listed."""
    method: Method
    """How."""
    python: str
    """Version of the interpreter that it was listed for; empty if unknown."""
    origin: str
    """The git ref and commit that it was read at; empty for the work tree."""
    packages: int
    """How many are on it."""


@dataclass(frozen=True)
class Change:
    """A package at another version."""

    name: str
    """Normalised (PEP 503)."""
    before: str
    """Version before, normalised (PEP 440)."""
    after: str
    """Version after."""
    by: Step
    """The first number that differs."""
    direction: Literal["up", "down"]
    """``down`` is a downgrade."""


@dataclass(frozen=True)
class LockDiff:
    """The difference between two lists of packages, each part ordered by name."""

    before: Side
    """The list before."""
    after: Side
    """The list after."""
    added: tuple[Component, ...]
    """Only on the list after."""
    removed: tuple[Component, ...]
    """Only on the list before."""
    changed: tuple[Change, ...]
    """On both, at different versions; ``1.0`` and ``1.0.0`` are the same one."""
    unchanged: int
    """How many are the same."""
    format: Literal["upgrade-runner/lock-diff/1"] = field(default="upgrade-runner/lock-diff/1")
    """Its number changes when a reader would have to."""


def diff(before: Inventory, after: Inventory) -> LockDiff:
    """Compare two lists."""
    old = {one.name: one for one in before.components}
    both = [(old[one.name], one) for one in after.components if one.name in old]
    changed = tuple(_change(one, two) for one, two in both if one.parsed != two.parsed)
    return LockDiff(
        before=_side(before),
        after=_side(after),
        added=tuple(one for one in after.components if one.name not in old),
        removed=tuple(one for one in before.components if one.name not in after.versions),
        changed=changed,
        unchanged=len(both) - len(changed),
    )


def encode(found: LockDiff) -> bytes:
    """Give it as JSON."""
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


def schema() -> dict[str, object]:
    """Give the JSON Schema (draft 2020-12) of ``diff.json``, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:lock-diff:1",
        "title": "What an upgrade changes in the list of packages",
        **msgspec.json.schema(LockDiff),
    }


def _side(inventory: Inventory) -> Side:
    return Side(
        inventory.subject,
        inventory.method,
        inventory.python,
        inventory.origin,
        len(inventory.components),
    )


def _change(before: Component, after: Component) -> Change:
    return Change(
        name=after.name,
        before=before.version,
        after=after.version,
        by=step(before.parsed, after.parsed),
        direction="up" if after.parsed > before.parsed else "down",
    )
