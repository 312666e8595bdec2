"""What was scanned, in a summary: findings by what became of them, locks, waivers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from runner.model import Case, Outcome, Run
from runner.reporters.base import Dossier
from runner.reporters.markdown.folding import Form, Section
from runner.reporters.markdown.text import NOTHING, cell, plain, table
from runner.reporters.markdown.weights import Weight
from runner.reporters.scans import scans
from runner.reporters.text import count
from runner.reporters.width import shorten

if TYPE_CHECKING:
    from runner.advisories.diff_shapes import DiffDocument, JudgementShape
    from runner.advisories.document_shapes import VulnerabilityShape
    from runner.advisories.locks.diff import LockDiff

_LONGEST = 300
_VERDICTS = {Outcome.FAILED: "forbidden", Outcome.SKIPPED: "waived", Outcome.PASSED: "allowed"}


def scanned(run: Run, dossier: Dossier) -> Iterator[Section]:
    """Tell what the scans of a run have found; nothing of a run without any.

    Raises DossierError where what was recorded is gone or changed.
    """
    if not scans(run):
        return
    from runner.reporters.recorded import difference, lock_difference  # most runs scan nothing

    compared = difference(run, dossier)
    if compared is not None:
        yield from _findings(compared)
        if compared.judgement is not None:
            yield from _waivers(compared.judgement)
    else:
        yield from _cases([case for report in scans(run) for case in report.cases])
    locks = lock_difference(run, dossier)
    if locks is not None:
        yield _locks(locks)


def _findings(told: DiffDocument) -> Iterator[Section]:
    totals = told.totals
    gone = ", ".join(f"{number} {reason}" for reason, number in totals.gone.items() if number)
    went = f"{sum(totals.gone.values())} gone" + (f" ({gone})" if gone else "")
    move = f"{told.package} {told.before.version} → {told.after.version}"
    counted = f"{totals.new} new, {totals.remaining} remaining, {went}"
    yield Section((Form(f"### Findings\n\n{plain(move)}: **{plain(counted)}**"),))
    verdicts = _verdicts(told.judgement)
    new = [(*_finding(one.vulnerability, verdicts), plain(one.detail)) for one in told.new]
    yield _listed("New", ("Finding", "Severity", "Policy", "Why"), new, Weight.NEW)
    rest = [_finding(one.after, verdicts) for one in told.remaining]
    yield _listed("Remaining", ("Finding", "Severity", "Policy"), rest, Weight.FINDINGS)
    left = [
        (*_finding(one.vulnerability, None), plain(one.reason), plain(one.detail))
        for one in told.gone
    ]
    yield _listed("Gone", ("Finding", "Severity", "Reason", "Detail"), left, Weight.FINDINGS)


def _verdicts(judgement: JudgementShape | None) -> Callable[[VulnerabilityShape], str]:
    if judgement is None:
        return lambda _: NOTHING
    forbidden = {(one.package, one.id) for one in judgement.forbidden}
    waived = {(one.vulnerability.package, one.vulnerability.id) for one in judgement.waived}

    def verdict(one: VulnerabilityShape) -> str:
        key = (one.package, one.id)
        return "**forbidden**" if key in forbidden else "waived" if key in waived else "allowed"

    return verdict


def _finding(
    one: VulnerabilityShape, verdicts: Callable[[VulnerabilityShape], str] | None
) -> tuple[str, ...]:
    severity = one.severity
    rated = "unrated" if severity.score is None else f"{severity.word} {severity.score:.1f}"
    named = plain(shorten(f"{one.id} in {one.package} {one.version}", _LONGEST))
    return (named, rated, *((verdicts(one),) if verdicts else ()))


def _cases(found: list[Case]) -> Iterator[Section]:
    """Tell of a scan that was compared with nothing: what the gate says of each finding."""
    rows = [
        (
            plain(shorten(f"{one.name} in {one.classname}", _LONGEST)),
            _VERDICTS.get(one.outcome, one.outcome.value),
            plain(shorten(one.message, _LONGEST)),
        )
        for one in found
    ]
    counted = count(len(rows), "finding")
    yield Section((Form(f"### Findings\n\n**{counted}**; there is no baseline to compare with."),))
    yield _listed("Found", ("Finding", "Policy", "Why"), rows, Weight.NEW)


def _waivers(judgement: JudgementShape) -> Iterator[Section]:
    rows = [
        (
            plain(f"{one.vulnerability.id} in {one.vulnerability.package}"),
            plain(one.waiver.owner),
            one.waiver.expires.isoformat(),
            plain(shorten(one.waiver.reason, _LONGEST)),
        )
        for one in judgement.waived
    ]
    yield _listed("Waived", ("Finding", "Owner", "Until", "Reason"), rows, Weight.WAIVERS)
    notices = [
        (plain(one.kind), plain(shorten(one.detail, _LONGEST)), cell(one.waiver.place))
        for one in judgement.notices
    ]
    yield _listed("Waivers to look at", ("What", "Detail", "Where"), notices, Weight.WAIVERS)


def _locks(told: LockDiff) -> Section:
    rows = [
        *((plain(one.name), NOTHING, plain(one.version), "added") for one in told.added),
        *((plain(one.name), plain(one.version), NOTHING, "removed") for one in told.removed),
        *(
            (plain(one.name), plain(one.before), plain(one.after), f"{one.by}, {one.direction}")
            for one in told.changed
        ),
    ]
    counted = (
        f"### Lock\n\n**{len(told.changed)} changed, {len(told.added)} added, "
        f"{len(told.removed)} removed**, {told.unchanged} unchanged."
    )
    if not rows:
        return Section((Form(counted),))
    listed = _folded(count(len(rows), "package"), ("Package", "Before", "After", "Change"), rows)
    return Section((Form(f"{counted}\n\n{listed}", Weight.LOCKS), Form(counted)))


def _listed(
    title: str, headings: tuple[str, ...], rows: Sequence[tuple[str, ...]], weight: Weight
) -> Section:
    if not rows:
        return Section((Form(""),))
    heading = f"{title}: {len(rows)}"
    return Section((Form(_folded(heading, headings, rows), weight), Form(f"{heading}.")))


def _folded(title: str, headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """Give a table that is shown on a click."""
    shown = "\n".join(table(headings, rows))
    return f"<details><summary>{title}</summary>\n\n{shown}\n\n</details>"
