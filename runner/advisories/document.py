"""The machine form of a matrix; keys are OSV's words where it has one."""

from __future__ import annotations

from runner.advisories.findings import Finding, Standing
from runner.advisories.matrix import Cell, Matrix

FORMAT = "upgrade-runner/advisory-matrix/1"
"""Stands in each document; its number changes when a reader would have to."""


def as_document(matrix: Matrix) -> dict[str, object]:
    """Give a matrix as plain data."""
    database = matrix.database
    return {
        "format": FORMAT,
        "package": matrix.package,
        "versions": list(matrix.versions),
        "considered": matrix.considered,
        "database": {
            "source": database.source,
            "location": database.location,
            "sha256": database.identity,
            "modified": database.timestamp,
            "records": database.records,
        },
        "totals": {
            version: {standing.value: total[standing] for standing in Standing}
            for version, total in zip(matrix.versions, matrix.totals(), strict=True)
        },
        "findings": [
            {**_finding(row.finding), "versions": {one.version: _cell(one) for one in row.cells}}
            for row in matrix.rows
        ],
        "problems": [{"file": one.file, "reason": one.reason} for one in matrix.problems],
    }


def _finding(finding: Finding) -> dict[str, object]:
    advisories = finding.advisories
    severity = finding.severity
    return {
        "id": finding.id,
        "aliases": sorted(finding.names - {finding.id}),
        "severity": {"word": severity.word, "score": severity.score, "vector": severity.vector},
        "cwe_ids": list(finding.cwe),
        "fixed": list(finding.fixed_versions),
        "published": min((one.published for one in advisories if one.published), default=None),
        "modified": max(one.modified for one in advisories),
        "references": list(dict.fromkeys(url for one in advisories for url in one.references)),
        "records": [one.source for one in advisories],
    }


def _cell(cell: Cell) -> dict[str, object]:
    return {"standing": cell.standing.value, "fixed_in": cell.fixed_in or None}
