"""``runner fleet --json``: many repositories under one playbook, in a few words each."""

from __future__ import annotations

from typing import Any, Final, Literal

from runner.advisories.document_shapes import Shape, as_json, schema_of
from runner.evidence.fleet import Fleet, Row
from runner.evidence.history import Past
from runner.evidence.history_document import RunShape, shape_of
from runner.model import Outcome

FORMAT: Final = "upgrade-runner/fleet/1"
"""Stands in each document; its number changes when a reader would have to."""


class RowShape(Shape, frozen=True):
    """What a repository has come to."""

    repository: str
    """``OWNER/NAME``; the name of what is there where nobody asked for it."""
    commit: str
    """What was to be validated; empty where it was not found."""
    verdict: Outcome
    """Passed only where a bundle that holds says so of this commit and playbook."""
    reasons: tuple[str, ...]
    """Why it has not passed."""
    run: RunShape | None
    """What its bundle records; null where there is none that holds."""


class FleetDocument(Shape, frozen=True):
    """Many repositories under one playbook."""

    format: Literal["upgrade-runner/fleet/1"]
    """Names this format."""
    playbook: str
    """Path of the playbook, as it was named."""
    stage: str
    """The stage that each was to pass."""
    verdict: Outcome
    """The worst of all."""
    exit_code: int
    """That of the process."""
    repositories: tuple[RowShape, ...]
    """Those that were asked in their order, then what nobody asked for."""


def document(found: Fleet, playbook: str, stage: str) -> FleetDocument:
    """Give the document."""
    rows = tuple(map(_row, found.rows))
    return FleetDocument(FORMAT, playbook, stage, found.verdict, found.exit_code, rows)


def _row(row: Row) -> RowShape:
    run = shape_of(Past(row.run, (row.bundle,))) if row.run else None
    return RowShape(row.repository, row.commit, row.verdict, row.reasons, run)


def encode(told: FleetDocument) -> bytes:
    """Write it as indented JSON."""
    return as_json(told)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return schema_of(FleetDocument, "urn:upgrade-runner:fleet:1", "A fleet of repositories")
