"""The reports of a run in which something was scanned for vulnerabilities."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from runner.model import Run, StepReport
from runner.reporters.reading import last

_KIND = "advisories"


class Dossier(Protocol):
    """Where reports go: as much of the engine's dossier as they need."""

    @property
    def live(self) -> Path:
        """Its folder."""

    def write(self, name: str, data: bytes) -> None:
        """Write a file of it; raises DossierError."""


@dataclass(frozen=True)
class ScanReports:
    """Writes ``<stage>/findings.sarif`` and the ``sbom-*.cdx.json`` of what a run has scanned."""

    repository: Path
    """The folder that paths are meant from."""
    files: tuple[str, ...] = ()
    """Where packages may stand, relative to the repository, besides what was scanned: the pins."""

    def __call__(self, run: Run, dossier: Dossier) -> None:
        """Write them; raises DossierError, and SnapshotError for what is no snapshot."""
        if not scans(run):
            return
        from runner.reporters import sarif, sbom  # most runs scan nothing

        sarif.report(run, dossier, self.repository, self.files)
        sbom.report(run, dossier)


def scans(run: Run) -> tuple[StepReport, ...]:
    """Give the reports of every scan that the run came to, each check's last attempt."""
    attempts = [attempt for result in run.results if (attempt := last(result))]
    return tuple(
        step.report for attempt in attempts for step in attempt.steps if step.kind == _KIND
    )
