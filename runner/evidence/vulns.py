"""What a scan has found, as in-toto's predicate vulns v0.2: one for each source that was asked.

https://github.com/in-toto/attestation/blob/main/spec/predicates/vulns_02.md
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from runner.advisories.findings import Database
from runner.advisories.safety_document import SnapshotError, decode
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report
from runner.advisories.vulnerabilities import Vulnerability, combine
from runner.evidence.contents import Contents
from runner.evidence.manifest import Manifest
from runner.model import Run, StepResult

PREDICATE: Final = "https://in-toto.io/attestation/vulns/v0.2"
"""Names the predicate."""
_PACKAGES: Final = {"safety": "safety", "pip-audit": "pip-audit"}
"""Sources that are programs of their own, by their name on the package index."""
_OWN: Final = "upgrade-runner"


@dataclass(frozen=True)
class Scan:
    """A scan that a run in the bundle has recorded."""

    snapshot: Snapshot
    """What was found."""
    step: StepResult
    """The step that recorded it."""
    runner: str
    """Version of the runner."""


def scan_of(manifest: Manifest, contents: Contents, name: str, runs: Iterable[Run]) -> Scan | None:
    """Give a scan; None where it is not there, or no run in the bundle has recorded it.

    Raises ValueError where it cannot be read.
    """
    sha256 = next((one.sha256 for one in manifest.files if one.path == name), "")
    for run in runs:
        for step in _steps(run):
            if any((it.path, it.sha256) == (name, sha256) for it in step.report.artifacts):
                try:
                    return Scan(decode(contents.file(name), name), step, run.runner_version)
                except SnapshotError as error:
                    raise ValueError(error.message) from error
    return None


def _steps(run: Run) -> Iterator[StepResult]:
    for result in run.results:
        for attempt in result.attempts:
            yield from attempt.steps


def vulns(scan: Scan, report: Report) -> dict[str, Any]:
    """Give the predicate of what one source said."""
    started = datetime.fromisoformat(scan.step.started)
    finished = started + timedelta(seconds=scan.step.duration)
    return {
        "scanner": {
            "uri": f"pkg:pypi/{_PACKAGES.get(report.source, _OWN)}",
            "version": report.tool.rpartition(" ")[2] or scan.runner,
            "db": _database(report.database),
            "result": [
                _finding(one) for one in combine(scan.snapshot) if report.source in one.findings
            ],
            # No field of the specification's, which has readers pass over those they do not know:
            # "found nothing" and "did not look" must not look alike.
            "skipped": dict(report.skipped),
        },
        "metadata": {
            "scanStartedOn": started.isoformat(timespec="milliseconds"),
            "scanFinishedOn": finished.isoformat(timespec="milliseconds"),
        },
    }


def _database(database: Database) -> dict[str, str]:
    """Describe it; what is not known is left out, though the specification wants a date."""
    told = {
        "uri": database.location,
        "version": database.identity,
        "lastUpdate": database.timestamp,
    }
    return {name: value for name, value in told.items() if value}


def _finding(one: Vulnerability) -> dict[str, Any]:
    severity = one.severity
    rated = [{"method": "cvss_word", "score": severity.word}]
    if severity.score is not None:
        rated.append({"method": "cvss_score", "score": f"{severity.score:.1f}"})
    if severity.vector:
        rated.append({"method": "cvss_vector", "score": severity.vector})
    notes = [{"package": one.package}, {"version": one.version}]
    if one.fixed_in:
        notes.append({"fixed_in": one.fixed_in})
    return {"id": one.id, "severity": rated, "annotations": notes}
