"""What the scans of a dossier have recorded, whichever run it was that did."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from runner.advisories.diff_shapes import DiffDocument
from runner.advisories.locks.diff import LockDiff
from runner.advisories.locks.outdated import Outdated
from runner.advisories.safety_shapes import SafetyDocument
from runner.model import Run, StepReport
from runner.reporters.base import Dossier
from runner.reporters.html.evidence import Evidence, in_order, read
from runner.reporters.recorded import AFTER, BEFORE, DIFF, LOCKS, OUTDATED, document

T = TypeVar("T")


@dataclass(frozen=True)
class Scans:
    """What was found of known vulnerabilities."""

    before: SafetyDocument | None = None
    """The baseline."""
    after: SafetyDocument | None = None
    """The scan that the gate is about."""
    diff: DiffDocument | None = None
    """What changed between them."""
    gate: StepReport | None = None
    """The report of the step that recorded `after`."""
    locks: LockDiff | None = None
    """What changed in the list of packages."""
    outdated: Outdated | None = None
    """For which packages there is a newer version."""


def scans_of(evidence: Evidence, dossier: Dossier) -> Scans:
    """Read what the scans have recorded: of each document, what the latest run did.

    Raises DossierError for what is not what was recorded.
    """
    return _Shelf(dossier, evidence.stages, evidence.set_aside).scans()


class _Shelf:
    """The documents of a dossier's scans; runs that were set aside are read only if needed."""

    def __init__(
        self, dossier: Dossier, stages: tuple[Run, ...], set_aside: Iterable[Path]
    ) -> None:
        self._dossier = dossier
        self._stages = stages
        self._set_aside = set_aside

    @cached_property
    def _earlier(self) -> tuple[Run, ...]:
        return in_order(read(path, Run) for path in self._set_aside)

    def scans(self) -> Scans:
        after, gate = self._document(AFTER, SafetyDocument)
        return Scans(
            before=self._document(BEFORE, SafetyDocument)[0],
            after=after,
            diff=self._document(DIFF, DiffDocument)[0],
            gate=gate,
            locks=self._document(LOCKS, LockDiff)[0],
            outdated=self._document(OUTDATED, Outdated)[0],
        )

    def _document(self, name: str, of: type[T]) -> tuple[T | None, StepReport | None]:
        found = self._latest(self._stages, name, of)
        if found is None and (self._dossier.live / name).exists():
            found = self._latest(self._earlier, name, of)  # else nobody knows who put it there
        return found or (None, None)

    def _latest(self, runs: tuple[Run, ...], name: str, of: type[T]) -> tuple[T, StepReport] | None:
        told = (document(run, self._dossier, name, of) for run in reversed(runs))
        return next(filter(None, told), None)
