"""A triage as JSON: ``runner triage --json``, and what its renderings are made of."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, Literal

from packaging.version import Version

from runner.advisories.document_shapes import Known, Shape, as_json, schema_of
from runner.advisories.vulnerabilities import Vulnerability
from runner.release.effects import Effect
from runner.release.recommendation import Assessment
from runner.release.triage import State, Triage
from runner.release.upstream.base import Alert
from runner.release.upstream.resolution import Answer

FORMAT: Final = "upgrade-runner/triage/1"
"""Stands in each document; its number changes when a reader would have to."""
_DAY = 86400.0


class SourceRecord(Shape, frozen=True):
    """A source, and whether it was reached."""

    name: str
    """``index``, ``releases``, ``dependabot``, ``advisories: osv``, …"""
    state: State
    """Whether something was learnt from it."""
    detail: str
    """Who was asked, or why that failed or was not done."""
    hint: Known
    """The mend of a failure."""


class FindingRecord(Shape, frozen=True):
    """A flaw of the package."""

    id: str
    """A CVE id if there is one."""
    severity: Literal["none", "low", "medium", "high", "critical", "unknown"]
    """CVSS' word."""
    tracked: bool
    """Whether the playbook's ``release.cves`` names it."""


class ClearedRecord(FindingRecord, frozen=True):
    """A flaw that does not affect the candidate, although no fix is named."""

    reason: str
    """What the source says."""


class CandidateRecord(Shape, frozen=True):
    """A version newer than the release's."""

    version: str
    """Normalised (PEP 440)."""
    recommended: bool
    """Whether it is the one."""
    eligible: bool
    """Whether it could be taken, whatever its advisories are and whether it resolves."""
    verdict: str
    """Why it is recommended, or is not; a sentence."""
    published: Known
    """ISO 8601 with offset."""
    age_days: float | None
    """Days since then."""
    prerelease: bool
    """Whether it is one."""
    yanked: str | None
    """Why it was taken back, which may be empty; null where it stands."""
    requires_python: tuple[str, ...]
    """What its files ask of Python."""
    resolves: Answer
    """Together with the rest of the requirements."""
    resolves_detail: Known
    """Why not, or why it is not known."""
    asked: tuple[str, ...]
    """The sources of advisories that were asked about it."""
    fixes: tuple[FindingRecord, ...]
    """A fix is named, and reached."""
    clears: tuple[ClearedRecord, ...]
    """Not affected any more, but no fix is named."""
    leaves: tuple[FindingRecord, ...]
    """Still there, the worst first."""
    brings: tuple[FindingRecord, ...]
    """New with it."""
    forbidden: int | None
    """Findings that the policy forbids and no waiver accepts; null without a policy."""
    waived: tuple[str, ...]
    """Forbidden findings that a waiver accepts."""
    release_notes: Known
    """Their address."""
    named: tuple[str, ...] | None
    """Advisories named in the release notes; null where no feed tells of it."""
    alerts: tuple[int, ...]
    """Open alerts on the repository that are about it as well, or of which that is not known."""
    migrations: Known
    """Migrations of a database; null where no definition reports them."""


class RecommendationRecord(Shape, frozen=True):
    """Which version to take."""

    version: Known
    """Null for staying."""
    reason: str
    """Why; a sentence."""
    satisfied: bool
    """Whether the policy is satisfied then."""
    doubts: tuple[str, ...]
    """What makes it less than sure."""


class AnnouncedRecord(Shape, frozen=True):
    """A newer version that the makers tell of and the index does not have."""

    version: str
    """Normalised (PEP 440)."""
    published: Known
    """ISO 8601 with offset."""
    release_notes: Known
    """Their address."""


class AlertRecord(Shape, frozen=True):
    """An open alert on the repository."""

    number: int
    """In the repository."""
    names: tuple[str, ...]
    """Ids of the advisory."""
    severity: str
    """As the service has it."""
    affected: Known
    """Versions that it is about (PEP 440); null where they cannot be read."""
    address: Known
    """Where people see it."""


class TriageDocument(Shape, frozen=True):
    """What upstream offers, and what to do with it."""

    format: Literal["upgrade-runner/triage/1"]
    """Names this format."""
    package: str
    """Normalised name (PEP 503)."""
    current: str
    """The release's version."""
    taken: str
    """When, ISO 8601 with offset."""
    python: Known
    """Of the release."""
    resolved: str
    """What is resolved, and by whom."""
    sources: tuple[SourceRecord, ...]
    """Every upstream and source of advisories."""
    recommendation: RecommendationRecord
    """Which step."""
    findings: tuple[FindingRecord, ...]
    """What affects the release's version, the worst first."""
    forbidden: int | None
    """How many of them the policy forbids and no waiver accepts; null without a policy."""
    untold: tuple[str, ...]
    """Tracked advisories that no source calls a flaw of the release's version."""
    candidates: tuple[CandidateRecord, ...]
    """Every newer version of the index, in order."""
    announced: tuple[AnnouncedRecord, ...]
    """Told of, and not in the index."""
    alerts: tuple[AlertRecord, ...]
    """Open alerts for the package."""
    notes: tuple[str, ...]
    """Remarks."""


def encode(document: TriageDocument) -> bytes:
    """Write it as indented JSON."""
    return as_json(document)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    title = "What upstream offers for a release"
    return schema_of(TriageDocument, "urn:upgrade-runner:triage:1", title)


def record(triage: Triage) -> TriageDocument:
    """Give the document of a triage."""
    recommended = triage.recommendation
    tracked = frozenset(triage.tracked)
    return TriageDocument(
        format=FORMAT,
        package=triage.package,
        current=triage.current,
        taken=triage.taken,
        python=triage.python or None,
        resolved=triage.resolves,
        sources=tuple(
            SourceRecord(one.name, one.state, one.detail, one.hint or None)
            for one in triage.sources
        ),
        recommendation=RecommendationRecord(
            str(recommended.version) if recommended.version else None,
            recommended.reason,
            recommended.satisfied,
            recommended.doubts,
        ),
        findings=_findings(triage.effect.leaves, tracked),
        forbidden=_forbidden(triage.effect),
        untold=triage.untold,
        candidates=tuple(_candidate(one, triage, tracked) for one in recommended.assessments),
        announced=tuple(
            AnnouncedRecord(str(one.version), one.published or None, one.address or None)
            for one in triage.announced
        ),
        alerts=tuple(map(_alert, triage.alerts)),
        notes=triage.notes,
    )


def _candidate(one: Assessment, triage: Triage, tracked: frozenset[str]) -> CandidateRecord:
    candidate, effect = one.candidate, one.effect
    judged = effect.judgement
    return CandidateRecord(
        version=str(one.version),
        recommended=one.version == triage.recommendation.version,
        eligible=candidate.eligible,
        verdict=one.verdict,
        published=candidate.published or None,
        age_days=None if candidate.age is None else round(candidate.age / _DAY, 1),
        prerelease=candidate.prerelease,
        yanked=candidate.yanked,
        requires_python=candidate.requires_python,
        resolves=one.resolution.answer,
        resolves_detail=one.resolution.detail or None,
        asked=effect.asked,
        fixes=_findings(effect.fixes, tracked),
        clears=tuple(
            ClearedRecord(found.id, _word(found), _is_tracked(found, tracked), reason)
            for found, reason in effect.clears.values()
        ),
        leaves=_findings(effect.leaves, tracked),
        brings=_findings(effect.brings, tracked),
        forbidden=_forbidden(effect),
        waived=tuple(found.vulnerability.id for found in judged.waived) if judged else (),
        release_notes=candidate.notes_address or None,
        named=candidate.named,
        alerts=tuple(alert.number for alert in triage.alerts if _concerns(alert, one.version)),
        migrations=triage.migrations.get(str(one.version)),
    )


def _findings(found: Iterable[Vulnerability], tracked: frozenset[str]) -> tuple[FindingRecord, ...]:
    return tuple(FindingRecord(one.id, _word(one), _is_tracked(one, tracked)) for one in found)


def _word(one: Vulnerability) -> Any:  # noqa: ANN401 - one of the words of its severity
    return one.severity.word


def _is_tracked(one: Vulnerability, tracked: frozenset[str]) -> bool:
    return not one.names.isdisjoint(tracked)


def _forbidden(effect: Effect) -> int | None:
    return None if effect.judgement is None else effect.forbidden


def _concerns(alert: Alert, version: Version) -> bool:
    return alert.affected is None or alert.affected.contains(version, prereleases=True)


def _alert(one: Alert) -> AlertRecord:
    affected = None if one.affected is None else str(one.affected) or None
    return AlertRecord(one.number, one.names, one.severity, affected, one.address or None)
