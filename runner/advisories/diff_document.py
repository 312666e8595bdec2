"""``safety-diff.json``: a comparison, and what the policy says of it, as JSON."""

from __future__ import annotations

from typing import Any

from runner.advisories.comparison import Comparison
from runner.advisories.diff_shapes import (
    FORMAT,
    AccountShape,
    AskedShape,
    DiffDocument,
    GoneShape,
    JudgementShape,
    NamedShape,
    NewShape,
    NoticeShape,
    RemainingShape,
    ScanShape,
    TotalsShape,
    WaivedShape,
    WaiverShape,
)
from runner.advisories.document_shapes import (
    as_json,
    database_shape,
    schema_of,
    statement_shapes,
    vulnerability_shape,
)
from runner.advisories.gone import Gone, Reason
from runner.advisories.judgement import Judgement
from runner.advisories.snapshot import Snapshot
from runner.advisories.vanished import GoneVulnerability
from runner.advisories.vulnerabilities import Vulnerability
from runner.advisories.waivers import Waiver


def encode_diff(comparison: Comparison, judgement: Judgement | None = None) -> bytes:
    """Write a comparison as indented JSON; equal ones give equal bytes.

    Raises ValueError where the judgement is of another scan than the second.
    """
    if judgement is not None and judgement.snapshot != comparison.after:
        raise ValueError("the judgement is of another scan than the comparison")
    return as_json(
        DiffDocument(
            format=FORMAT,
            package=comparison.after.package,
            before=_scan(comparison.before),
            after=_scan(comparison.after),
            totals=_totals(comparison),
            new=tuple(
                NewShape(vulnerability_shape(one.vulnerability), one.cause, one.detail)
                for one in comparison.new
            ),
            remaining=tuple(
                RemainingShape(vulnerability_shape(one.before), vulnerability_shape(one.after))
                for one in comparison.remaining
            ),
            gone=tuple(_gone(one) for one in comparison.gone),
            notes=comparison.notes,
            judgement=None if judgement is None else _judgement(judgement),
        )
    )


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    title = "What an upgrade changed in the vulnerabilities of what ships"
    return schema_of(DiffDocument, "urn:upgrade-runner:safety-diff:1", title)


def _scan(snapshot: Snapshot) -> ScanShape:
    return ScanShape(
        snapshot.version,
        snapshot.taken,
        snapshot.commit or None,
        snapshot.inventory.subject,
        snapshot.inventory.method,
        len(snapshot.inventory.components),
        tuple(
            AskedShape(one.source, one.tool or None, database_shape(one.database))
            for one in snapshot.reports
        ),
    )


def _totals(comparison: Comparison) -> TotalsShape:
    reasons = [one.reason for one in comparison.gone]
    by_reason = {reason: reasons.count(reason) for reason in Reason}
    return TotalsShape(len(comparison.new), len(comparison.remaining), by_reason)


def _gone(one: GoneVulnerability) -> GoneShape:
    return GoneShape(
        vulnerability_shape(one.vulnerability),
        one.reason,
        one.detail,
        one.disagrees,
        {name: _account(account) for name, account in one.accounts.items()},
        dict(one.unasked),
    )


def _account(one: Gone) -> AccountShape:
    before = statement_shapes(one.finding.advisories)
    return AccountShape(one.reason, one.detail, before, statement_shapes(one.now))


def _judgement(one: Judgement) -> JudgementShape:
    return JudgementShape(
        one.outcome,
        one.reason,
        one.errors,
        tuple(_named(found.vulnerability, found.rules) for found in one.forbidden),
        tuple(
            WaivedShape(_named(found.vulnerability, found.rules), _waiver(found.waiver))
            for found in one.waived
        ),
        tuple(_named(found) for found in one.allowed),
        tuple(NoticeShape(told.kind, told.detail, _waiver(told.waiver)) for told in one.notices),
        one.notes,
    )


def _named(one: Vulnerability, rules: tuple[str, ...] = ()) -> NamedShape:
    return NamedShape(one.package, one.version, one.id, rules)


def _waiver(one: Waiver) -> WaiverShape:
    return WaiverShape(
        one.id, one.package, one.versions, one.reason, one.owner, one.expires, one.place
    )
