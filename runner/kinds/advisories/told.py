"""What a scan has found, for people: lines for the log, and the report of the step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence

from runner.advisories.comparison import Comparison
from runner.advisories.findings import Standing
from runner.advisories.gone import Reason
from runner.advisories.inventory import Inventory
from runner.advisories.judgement import Judgement
from runner.advisories.sources.base import Report
from runner.advisories.vulnerabilities import Vulnerability, combine
from runner.kinds.verdicts import PASSED, Verdict, errored, failed, with_verdict
from runner.model import Assertion, Case, Outcome, StepReport

_MEND = "safety-after.json has each with its ranges; raise the version, or waive it with a reason"


def count_line(report: Report, inventory: Inventory) -> str:
    """Say how much a source has found, as another one may keep the scan from its end."""
    found = sum(
        1
        for one in report.advisories
        for component in inventory.components
        if one.package == component.name and not one.withdrawn
        if one.standing(component.parsed) is Standing.AFFECTED
    )
    return f"{report.source}: {found} advisories affect them, {len(report.skipped)} not looked at"


def tell_baseline(log: Callable[[str], None], judgement: Judgement) -> None:
    """Write into the log what was looked at, and all that was found: a baseline forbids nothing."""
    _tell(log, judgement, (f"found     {_line(one)}" for one in combine(judgement.snapshot)))


def tell_gate(
    log: Callable[[str], None], judgement: Judgement, comparison: Comparison | None
) -> None:
    """Write into the log what was looked at, what the policy says, and what has changed."""
    _tell(log, judgement, (*_findings(judgement), *_changes(comparison)))
    for notice in judgement.notices:
        log(f"waiver {notice.waiver.place}: {notice.kind}: {notice.detail}")


def _tell(log: Callable[[str], None], judgement: Judgement, lines: Iterable[str]) -> None:
    for line in (*_sources(judgement), *lines):
        log(line)
    for note in judgement.notes:
        log(f"note: {note}")
    for error in judgement.errors:
        log(f"cannot be decided: {error}")


def baseline_report(judgement: Judgement) -> StepReport:
    """Report on the baseline: whatever was found, it passes where it could be decided."""
    outputs = {"findings": str(len(combine(judgement.snapshot)))}
    report = StepReport(Outcome.PASSED, assertions=(_decided(judgement),), outputs=outputs)
    return with_verdict(report, _undecided(judgement) or PASSED)


def gate_report(judgement: Judgement, comparison: Comparison | None) -> StepReport:
    """Report on the gate: each vulnerability is a case."""
    forbidden = len(judgement.forbidden)
    rule = Assertion("forbidden findings", "0", str(forbidden), not forbidden)
    counts = {"forbidden": forbidden, "waived": len(judgement.waived)}
    counts["findings"] = sum(counts.values()) + len(judgement.allowed)
    if comparison is not None:
        counts |= {"new": len(comparison.new), "gone": len(comparison.gone)}
    report = StepReport(
        Outcome.PASSED,
        assertions=(_decided(judgement), rule),
        cases=tuple(_cases(judgement)),
        outputs={name: str(count) for name, count in counts.items()},
    )
    verdict = _undecided(judgement) or (failed(judgement.reason, _MEND) if forbidden else PASSED)
    return with_verdict(report, verdict)


def _decided(judgement: Judgement) -> Assertion:
    whole = "complete, and of the release"
    told = "; ".join(judgement.errors)
    return Assertion("scan", whole, told or whole, not told)


def _undecided(judgement: Judgement) -> Verdict | None:
    if not judgement.errors:
        return None
    return errored(judgement.reason, "the log says what was looked at, and by whom")


def _cases(judgement: Judgement) -> Iterator[Case]:
    for one in judgement.forbidden:
        why = f"{_weight(one.vulnerability)}; {'; '.join(one.rules)}"
        yield _case(one.vulnerability, Outcome.FAILED, why)
    for waived in judgement.waived:
        waiver = waived.waiver
        said = f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}"
        yield _case(waived.vulnerability, Outcome.SKIPPED, said)
    for allowed in judgement.allowed:
        yield _case(allowed, Outcome.PASSED, _weight(allowed))


def _case(one: Vulnerability, outcome: Outcome, message: str) -> Case:
    return Case(one.package, one.id, outcome, message=message, text=_line(one))


def _sources(judgement: Judgement) -> Iterator[str]:
    inventory = judgement.snapshot.inventory
    where = f" at {inventory.origin}" if inventory.origin else ""
    yield f"scanned {inventory.subject}{where}: {len(inventory.components)} packages"
    for report in judgement.snapshot.reports:
        database = report.database
        who = f"{report.source} ({report.tool})" if report.tool else report.source
        yield (
            f"{who}: looked at {len(report.audited)} of them; database {database.location}, "
            f"of {database.timestamp[:10] or 'unknown date'}, {database.identity[:12]}".rstrip(", ")
        )


def _findings(judgement: Judgement) -> Iterator[str]:
    for one in judgement.forbidden:
        yield f"FORBIDDEN {_line(one.vulnerability)}: {'; '.join(one.rules)}"
    for waived in judgement.waived:
        yield f"waived    {_line(waived.vulnerability)}: {waived.waiver.place}"
    for allowed in judgement.allowed:
        yield f"allowed   {_line(allowed)}"


def _line(one: Vulnerability) -> str:
    said = ", ".join(one.findings)
    but = f", but not by {', '.join(one.silent)}" if one.disagrees else ""
    return f"{one.package} {one.version} {one.id} {_weight(one)} (by {said}{but})"


def _weight(one: Vulnerability) -> str:
    severity = one.severity
    rated = "unrated" if severity.score is None else f"{severity.word} {severity.score:.1f}"
    return f"{rated}, fixed in {one.fixed_in}" if one.fixed_in else f"{rated}, no fix named"


def _changes(comparison: Comparison | None) -> Iterator[str]:
    if comparison is None:
        return
    before, after = comparison.before, comparison.after
    reasons = Counter(one.reason for one in comparison.gone)
    told = ", ".join(f"{reasons[one]} {one}" for one in Reason if reasons[one])
    yield (
        f"{before.package} {before.version} -> {after.version}: {len(comparison.new)} new, "
        f"{len(comparison.remaining)} remaining, {len(comparison.gone)} gone"
        + (f" ({told})" if told else "")
    )
    for new in comparison.new:
        yield f"new       {_line(new.vulnerability)}: {new.detail}"
    for gone in comparison.gone:
        differ = " (the sources differ)" if gone.disagrees else ""
        one = gone.vulnerability
        yield f"gone      {one.package} {one.id}: {gone.reason}: {gone.detail}{differ}"
    yield from _notes(comparison.notes)


def _notes(notes: Sequence[str]) -> Iterator[str]:
    for note in notes:
        yield f"note: {note}"
