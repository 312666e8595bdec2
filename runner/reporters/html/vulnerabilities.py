"""Known vulnerabilities as the report shows them: a row each, and how many of each there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from runner.advisories.diff_shapes import DiffDocument, WaiverShape
from runner.advisories.document_shapes import VulnerabilityShape
from runner.advisories.gone import Reason
from runner.advisories.safety_shapes import SafetyDocument
from runner.model import Outcome, StepReport
from runner.reporters.facts import home
from runner.reporters.html.scanned import Scans

SEVERITIES = ("critical", "high", "medium", "low", "none", "unknown")
"""The words of a rating, the worst first; nobody has rated what is unknown."""
FATES: Mapping[str, str] = {
    "new": "Not in the scan before.",
    "remaining": "In both scans.",
    "there": "In the only scan that was taken.",
    Reason.FIXED: "The advisory names a fixed version, and it was reached.",
    Reason.OUT_OF_RANGE: "The advisory's range merely stops; nobody says that it is fixed.",
    Reason.WITHDRAWN: "The advisory was taken back.",
    Reason.PACKAGE_REMOVED: "The package is not there any more.",
    Reason.UNKNOWN: "The source lost the advisory, or no longer says what it said.",
}
"""What became of a vulnerability, in the order in which people need it."""
_POLICY = {
    Outcome.FAILED: "forbidden",
    Outcome.SKIPPED: "waived",
    Outcome.PASSED: "allowed",
}
"""The gate gives a case for each vulnerability; the outcome says how it stands to the policy."""


@dataclass(frozen=True)
class Vulnerability:
    """A row of the table."""

    shape: VulnerabilityShape
    """As the scan tells it; as it is now where both do."""
    fate: str
    """A key of `FATES`."""
    detail: str = ""
    """Why, in a sentence."""
    disagreement: bool = False
    """Whether sources differ."""
    policy: str = ""
    """``forbidden``, ``waived``, ``allowed``, or empty where nobody has judged it."""
    ruling: str = ""
    """Why."""

    @property
    def link(self) -> str:
        """Give the page of its advisory, or nothing."""
        return home(self.shape.id)[1]

    @property
    def score(self) -> float:
        """Give its CVSS base score, to sort by; unrated ones come last."""
        return -1.0 if self.shape.severity.score is None else self.shape.severity.score


@dataclass(frozen=True)
class Vulnerabilities:
    """All of them, before and after."""

    rows: tuple[Vulnerability, ...] = ()
    """New and remaining ones first."""
    before: Mapping[str, int] | None = None
    """Severity to count of the first scan; None where there is none."""
    after: Mapping[str, int] | None = None
    """The same of the second."""
    fates: Mapping[str, int] = field(default_factory=dict)
    """Fate to count, those that are there alone, in the order of `FATES`."""

    @property
    def severities(self) -> tuple[str, ...]:
        """Give the severities that are there."""
        there = {row.shape.severity.word for row in self.rows}
        return tuple(one for one in SEVERITIES if one in there)


@dataclass(frozen=True)
class Accepted:
    """A vulnerability that a waiver excuses, or what else is to be said of a waiver."""

    id: str
    """The waiver's id."""
    package: str
    """Its package."""
    state: str
    """``in force``, or the kind of notice: ``expired``, ``unused``, …"""
    detail: str
    """Of the notice; empty for one in force."""
    waiver: WaiverShape
    """The waiver."""


def vulnerabilities(scans: Scans) -> Vulnerabilities:
    """Give all that the scans know."""
    rulings = _rulings(scans.gate)
    rows = tuple(_judged(one, rulings) for one in _rows(scans))
    fates = Counter(row.fate for row in rows)
    return Vulnerabilities(
        rows=rows,
        before=_before(scans, rows),
        after=_severities(scans.after) if scans.after else None,
        fates={name: fates[name] for name in FATES if fates[name]},
    )


def accepted(diff: DiffDocument | None) -> tuple[Accepted, ...]:
    """Give the waivers that the judgement speaks of, those that were used first."""
    if diff is None or diff.judgement is None:
        return ()
    judgement = diff.judgement
    told = {one.waiver: one for one in judgement.notices}
    used = [one.waiver for one in judgement.waived]
    return (
        *(
            Accepted(one.id, one.package, "in force", told[one].detail if one in told else "", one)
            for one in used
        ),
        *(
            Accepted(one.waiver.id, one.waiver.package, one.kind, one.detail, one.waiver)
            for one in judgement.notices
            if one.waiver not in used
        ),
    )


def _rows(scans: Scans) -> Iterator[Vulnerability]:
    if scans.diff is None:
        only = scans.after or scans.before
        yield from (Vulnerability(one, "there") for one in (only.vulnerabilities if only else ()))
        return
    for new in scans.diff.new:
        shape = new.vulnerability
        yield Vulnerability(shape, "new", f"{new.cause}: {new.detail}", bool(shape.silent))
    for both in scans.diff.remaining:
        shape = both.after
        yield Vulnerability(shape, "remaining", _fixes(shape), bool(shape.silent))
    for gone in scans.diff.gone:
        yield Vulnerability(gone.vulnerability, gone.reason, gone.detail, gone.disagreement)


def _fixes(shape: VulnerabilityShape) -> str:
    return f"fixed in {', '.join(shape.fixed)}" if shape.fixed else "no fixed version is named"


def _rulings(gate: StepReport | None) -> Mapping[tuple[str, str], tuple[str, str]]:
    cases = gate.cases if gate else ()
    return {
        (case.classname, case.name): (_POLICY[case.outcome], case.message)
        for case in cases
        if case.outcome in _POLICY
    }


def _judged(
    row: Vulnerability, rulings: Mapping[tuple[str, str], tuple[str, str]]
) -> Vulnerability:
    if row.fate not in {"new", "remaining", "there"}:
        return row
    policy, ruling = rulings.get((row.shape.package, row.shape.id), ("", ""))
    detail = row.detail or _fixes(row.shape)
    return Vulnerability(row.shape, row.fate, detail, row.disagreement, policy, ruling)


def _before(scans: Scans, rows: tuple[Vulnerability, ...]) -> Mapping[str, int] | None:
    """Count those of the first scan: the comparison tells of the one that it was made with."""
    if scans.diff is not None:
        old = [one.before.severity.word for one in scans.diff.remaining]
        old += [row.shape.severity.word for row in rows if row.fate in set(Reason)]
        return Counter(old)
    return _severities(scans.before) if scans.before else None


def _severities(document: SafetyDocument) -> Mapping[str, int]:
    return Counter(one.severity.word for one in document.vulnerabilities)
