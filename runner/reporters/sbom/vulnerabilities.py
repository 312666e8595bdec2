"""A vulnerability as CycloneDX has it (1.6, ``vulnerabilities[]``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from cyclonedx.model import XsUri
from cyclonedx.model.impact_analysis import ImpactAnalysisAffectedStatus
from cyclonedx.model.vulnerability import (
    BomTarget,
    BomTargetVersionRange,
    Vulnerability,
    VulnerabilityAdvisory,
    VulnerabilityRating,
    VulnerabilityReference,
    VulnerabilityScoreSource,
    VulnerabilitySeverity,
    VulnerabilitySource,
)

from runner.advisories import vulnerabilities
from runner.advisories.moments import moment
from runner.advisories.severity import Severity
from runner.reporters.facts import advisories, aliases, home, links, weaknesses
from runner.reporters.text import one_line


def vulnerability(found: vulnerabilities.Vulnerability, component: str) -> Vulnerability:
    """Give a vulnerability of a component, which is named by its ``bom-ref``."""
    told = advisories(found)
    status = ImpactAnalysisAffectedStatus.AFFECTED
    fix = found.fixed_in
    return Vulnerability(
        bom_ref=f"{component}#{one_line(found.id)}",
        id=one_line(found.id),
        source=_giver(found.id, found),
        references=[
            VulnerabilityReference(id=one_line(one), source=_giver(one, found))
            for one in aliases(found)
        ],
        ratings=_ratings(found),
        cwes=weaknesses(found),
        recommendation=f"Upgrade {found.package} to {fix}." if fix else None,
        advisories=[VulnerabilityAdvisory(url=XsUri(one)) for one in links(found)],
        published=min(_moments(one.published for one in told), default=None),
        updated=max(_moments(one.modified for one in told), default=None),
        affects=[
            BomTarget(
                ref=component,
                versions=[BomTargetVersionRange(version=found.version, status=status)],
            )
        ],
    )


def _giver(name: str, found: vulnerabilities.Vulnerability) -> VulnerabilitySource:
    """Give who gave out an id; of an unknown one, the first source that told of the flaw."""
    owner, address = home(name)
    if owner:
        return VulnerabilitySource(name=owner, url=XsUri(address))
    return VulnerabilitySource(name=next(iter(found.findings)))


def _ratings(found: vulnerabilities.Vulnerability) -> Iterator[VulnerabilityRating]:
    """Give each source's ratings, each once; one that says unknown where nobody rated it."""
    rated = [
        _rating(one.severity, source)
        for source, finding in found.findings.items()
        for one in finding.advisories
        if one.severity.vector or one.severity.score is not None
    ]
    yield from rated or [VulnerabilityRating(severity=VulnerabilitySeverity.UNKNOWN)]


def _rating(severity: Severity, source: str) -> VulnerabilityRating:
    vector = one_line(severity.vector)
    return VulnerabilityRating(
        source=VulnerabilitySource(name=source),
        score=None if severity.score is None else Decimal(str(severity.score)),
        severity=VulnerabilitySeverity(severity.word),
        method=VulnerabilityScoreSource.get_from_vector(vector) if vector else None,
        vector=vector or None,
    )


def _moments(texts: Iterable[str]) -> Iterator[datetime]:
    """Give the times that can be ordered; what a scanner says need not be one."""
    return (at for text in texts if (at := moment(text)))
