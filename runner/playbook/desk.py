"""What every reader of one playbook shares while it reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import yaml

from runner.playbook.findings import Findings
from runner.playbook.kinds import KindSpec
from runner.playbook.paths import Confinement, inside

if TYPE_CHECKING:
    from runner.playbook.definitions import Definition


class Desk(msgspec.Struct):
    """The kinds, the repository, and the problems so far."""

    repository: Path
    """The folder that paths are relative to."""
    kinds: Mapping[str, KindSpec]
    """By name."""
    confinement: Confinement
    """Tells where paths lead."""
    findings: Findings = msgspec.field(default_factory=Findings)
    """The problems of this reading."""
    shared: dict[str, yaml.MappingNode] = msgspec.field(default_factory=dict)
    """What every ``with`` of a kind takes over, by the kind's name; not yet filled in."""
    definitions: dict[str, Definition | None] = msgspec.field(default_factory=dict)
    """Definitions read so far, by path; None for one that cannot be used."""

    def confine(self, node: yaml.Node | None, path: str, key: str) -> None:
        """Report a path that leaves the repository through a symbolic link."""
        if node is not None and inside(path) and not self.confinement.holds(path):
            message = "leads out of the repository through a symbolic link"
            self.findings.add(node, key, message)
