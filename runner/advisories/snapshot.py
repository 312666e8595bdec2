"""A scan, kept: what was scanned, when, and what every source said of it.

``safety-before.json`` and ``safety-after.json`` are snapshots as JSON.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from runner.advisories.inventory import Inventory
from runner.advisories.sources.base import Report

FORMAT: Final = "upgrade-runner/safety/1"
"""Stands in each document; its number changes when a reader would have to."""


@dataclass(frozen=True)
class Snapshot:
    """One scan of one inventory by one or more sources."""

    package: str
    """The release's package, normalised (PEP 503)."""
    version: str
    """The release's version, normalised (PEP 440)."""
    taken: str
    """When, ISO 8601 with offset."""
    commit: str
    """Of the repository; empty outside one."""
    inventory: Inventory
    """What was scanned."""
    reports: tuple[Report, ...]
    """One for each source, in the playbook's order; never empty."""
