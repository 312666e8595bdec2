"""What every reporter is given, and what a reporter is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import msgspec

from runner.model import Place, Run

Dialect: TypeAlias = Literal["strict", "extended"]
"""Which readers of JUnit XML are written for."""


class Dossier(Protocol):
    """Where reports go: as much of the engine's dossier as they need."""

    @property
    def live(self) -> Path:
        """Its folder."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file of it; raises DossierError."""


class Checkout(msgspec.Struct, frozen=True):
    """Where a CI job has the repository; absolute paths of its machine."""

    roots: tuple[str, ...]
    """The folder that the CI system names files from: one, or those of a merge's shards."""
    folder: str
    """The folder that relative places are meant from."""


class Context(msgspec.Struct, frozen=True):
    """What the reports of a stage are made of besides its run, kept as ``<stage>/context.json``.

    With it the dossier alone is enough to make every report again.
    """

    junit_dialect: Dialect = "strict"
    """Of ``junit.xml``."""
    before: str = ""
    """The version with which the dossier was begun; empty where it does not tell."""
    places: Mapping[str, Place] = msgspec.field(default_factory=dict)
    """Package to the line of the repository that names it, at the time of the run."""
    checkout: Checkout | None = None
    """Where GitLab's job had the repository; None elsewhere, where nobody wants its report."""


class Reporter(Protocol):
    """Writes a report of a finished run into the dossier."""

    def __call__(self, run: Run, dossier: Dossier, context: Context) -> None:
        """Write it, or nothing where there is nothing to tell.

        Only run, context and the files of the dossier go into it, and none of them that changes
        after the reports are written (the journal): it is made again byte for byte. Raises
        RunnerError.
        """
