"""What is scanned: packages at versions, and where that list comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypeAlias

from packaging.version import Version

Method: TypeAlias = Literal["lock", "environment", "resolved", "image"]
"""How a list of packages was come by."""


@dataclass(frozen=True)
class Component:
    """A package at a version."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    """Normalised (PEP 440), with its local part if it has one."""

    @cached_property
    def parsed(self) -> Version:
        """Give the version for comparisons."""
        return Version(self.version)


@dataclass(frozen=True)
class Inventory:
    """Everything that a scan must look at."""

    subject: str
    """For people: ``deployment/mlflow/requirements.txt``, ``the environment of python``."""
    method: Method
    """How the list was come by."""
    components: tuple[Component, ...]
    """Ordered by name, each name once."""
    python: str = ""
    """The interpreter's version for which markers were evaluated: ``3.11``; empty if unknown."""
    origin: str = ""
    """Where a file was read that is not in the work tree: ``origin/main (1a2b3c4…)``."""
    image: str = ""
    """Reference of the container image in which it was looked; empty for anything else."""
    digest: str = ""
    """Of that image: its manifest's where it came from a registry, else its id (``sha256:…``)."""

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """Give the versions by name."""
        return {one.name: one.version for one in self.components}
