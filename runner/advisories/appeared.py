"""Why a vulnerability of the second scan is none of the first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from runner.advisories.asked import why_not_audited
from runner.advisories.findings import Advisory, Standing
from runner.advisories.inventory import Component
from runner.advisories.moments import moment
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report
from runner.advisories.vulnerabilities import Vulnerability


class Cause(StrEnum):
    """Why a vulnerability is new."""

    ADDED = "package added"
    """The first inventory does not have the package."""
    NOT_LOOKED = "not looked at before"
    """The sources that tell it did not look at the package in the first scan."""
    VERSION = "version changed"
    """By none of its sources did it affect the first version."""
    PUBLISHED = "advisory published"
    """It was published after the first scan, or the first databases did not have it yet."""
    CHANGED = "advisory changed"
    """It was changed, and is now about the first version too."""


@dataclass(frozen=True)
class NewVulnerability:
    """A vulnerability of the second scan that is none of the first."""

    vulnerability: Vulnerability
    """As it is now."""
    cause: Cause
    """Why it is new."""
    detail: str
    """A sentence for people."""


def appeared(one: Vulnerability, before: Snapshot) -> NewVulnerability:
    """Say why a vulnerability is new since an earlier scan."""
    version = before.inventory.versions.get(one.package)
    if version is None:
        detail = f"{one.package} was not in {before.inventory.subject}"
        return NewVulnerability(one, Cause.ADDED, detail)
    earlier = [report for report in before.reports if report.source in one.findings]
    looked = [report for report in earlier if not why_not_audited(report, one.package)]
    if not looked:
        detail = f"{', '.join(one.findings)} did not look at {one.package} before"
        return NewVulnerability(one, Cause.NOT_LOOKED, detail)
    findings = [one.findings[report.source] for report in looked]
    old = Component(one.package, version).parsed
    if all(finding.standing(old) is not Standing.AFFECTED for finding in findings):
        detail = f"{one.package} went from {version} to {one.version}"
        return NewVulnerability(one, Cause.VERSION, detail)
    told = [advisory for finding in findings for advisory in finding.advisories]
    cause, detail = _advisory(told, looked, moment(before.taken))
    return NewVulnerability(one, cause, detail)


def _advisory(
    told: Sequence[Advisory], looked: Iterable[Report], taken: datetime | None
) -> tuple[Cause, str]:
    """Say what became of the advisories since the scan."""
    published = min((one.published for one in told if one.published), default="")
    modified = max(one.modified for one in told)
    if _is_later(published, taken):
        return Cause.PUBLISHED, f"published on {published[:10]}, after the earlier scan"
    if any(_knows(report, told) for report in looked):
        return Cause.CHANGED, "the earlier database did not say it of this version"
    if _is_later(modified, taken):
        return Cause.CHANGED, f"changed on {modified[:10]}, after the earlier scan"
    return Cause.PUBLISHED, "the earlier database did not tell it"


def _is_later(text: str, taken: datetime | None) -> bool:
    at = moment(text)
    return at is not None and taken is not None and at > taken


def _knows(report: Report, told: Iterable[Advisory]) -> bool:
    return any(
        known.package == one.package and known.names & one.names
        for known in report.advisories
        for one in told
    )
