"""``safety-before.json`` and ``safety-after.json``: a snapshot as JSON, and back.

The document holds what the sources said, whole, so that it can be compared later, and for readers
the vulnerabilities that follow from it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from runner.advisories.document_shapes import (
    AdvisoryShape,
    advisory_shape,
    as_json,
    database_shape,
    read_range,
    schema_of,
    vulnerability_shape,
)
from runner.advisories.findings import Advisory, Database
from runner.advisories.inventory import Component, Inventory
from runner.advisories.moments import moment
from runner.advisories.safety_shapes import (
    ComponentShape,
    InventoryShape,
    ProblemShape,
    ReportShape,
    SafetyDocument,
)
from runner.advisories.severity import Severity
from runner.advisories.snapshot import FORMAT, Snapshot
from runner.advisories.sources.base import Problem, Report
from runner.advisories.versions import package_name, parse_version
from runner.advisories.vulnerabilities import combine
from runner.errors import RunnerError


class SnapshotError(RunnerError):
    """A document that is not a snapshot as the runner writes it."""


class _Head(msgspec.Struct, frozen=True):
    """As much of a document as tells whether it is one of ours."""

    format: str


def encode(snapshot: Snapshot) -> bytes:
    """Write a snapshot as indented JSON; equal snapshots give equal bytes."""
    return as_json(_document(snapshot))


def decode(data: bytes, name: str = "the snapshot") -> Snapshot:
    """Read a snapshot back, strictly; raises SnapshotError, which names the document by ``name``.

    What it says of vulnerabilities must be what follows from its reports.
    """
    try:
        return _read(data)
    except RecursionError:
        raise _refusal(name, "it is nested too deeply") from None
    except (ValueError, msgspec.MsgspecError) as error:
        raise _refusal(name, str(error)) from error


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    title = "What every source said of what ships"
    return schema_of(SafetyDocument, "urn:upgrade-runner:safety:1", title)


def _refusal(name: str, reason: str) -> SnapshotError:
    hint = "it was cut, changed, or not written by this version of runner: take the scan anew"
    return SnapshotError(f"{name} cannot be used: {reason}", hint=hint)


def _read(data: bytes) -> Snapshot:
    """Read a document, first of all its format; raises ValueError and MsgspecError."""
    found = msgspec.json.decode(data, type=_Head).format
    if found != FORMAT:
        raise ValueError(f"its format is {found[:80]!r}, and {FORMAT!r} is read here")
    document = msgspec.json.decode(data, type=SafetyDocument)
    snapshot = _snapshot(document)
    if _document(snapshot) != document:
        raise ValueError("what it lists is not what its reports and its inventory give")
    return snapshot


def _document(snapshot: Snapshot) -> SafetyDocument:
    inventory = snapshot.inventory
    return SafetyDocument(
        format=FORMAT,
        package=snapshot.package,
        version=snapshot.version,
        taken=snapshot.taken,
        commit=snapshot.commit or None,
        inventory=InventoryShape(
            inventory.subject,
            inventory.method,
            inventory.python or None,
            inventory.origin or None,
            tuple(ComponentShape(one.name, one.version) for one in inventory.components),
            inventory.image,
            inventory.digest,
        ),
        vulnerabilities=tuple(vulnerability_shape(one) for one in combine(snapshot)),
        reports=tuple(_report_shape(one) for one in snapshot.reports),
    )


def _report_shape(report: Report) -> ReportShape:
    return ReportShape(
        source=report.source,
        tool=report.tool or None,
        database=database_shape(report.database),
        complete=report.complete,
        audited=report.audited,
        skipped=dict(sorted(report.skipped.items())),
        problems=tuple(
            ProblemShape(one.place, one.reason, one.packages) for one in report.problems
        ),
        advisories=tuple(advisory_shape(one) for one in report.advisories),
    )


def _snapshot(document: SafetyDocument) -> Snapshot:
    """Make the values; raises ValueError for what they cannot be."""
    if moment(document.taken) is None:
        raise ValueError(f"{document.taken[:80]!r} is no moment with an offset")
    shape = document.inventory
    components = tuple(_component(one) for one in shape.components)
    if len({one.name for one in components}) < len(components):
        raise ValueError("a package stands twice in its inventory")
    return Snapshot(
        package=_name(document.package),
        version=_version(document.version),
        taken=document.taken,
        commit=document.commit or "",
        inventory=Inventory(
            shape.subject,
            shape.method,
            components,
            shape.python or "",
            shape.origin or "",
            shape.image,
            shape.digest,
        ),
        reports=tuple(_report(one) for one in document.reports),
    )


def _component(shape: ComponentShape) -> Component:
    return Component(_name(shape.name), _version(shape.version))


def _name(text: str) -> str:
    if package_name(text) != text:
        raise ValueError(f"{text[:80]!r} is not normalised (PEP 503)")
    return text


def _version(text: str) -> str:
    if str(parse_version(text)) != text:
        raise ValueError(f"{text[:80]!r} is not normalised (PEP 440)")
    return text


def _report(shape: ReportShape) -> Report:
    database = shape.database
    return Report(
        source=shape.source,
        tool=shape.tool or "",
        database=Database(
            database.source,
            database.location,
            database.sha256 or "",
            database.timestamp or "",
            database.records,
        ),
        advisories=tuple(_advisory(one) for one in shape.advisories),
        audited=shape.audited,
        skipped=shape.skipped,
        complete=shape.complete,
        problems=tuple(Problem(one.place, one.reason, one.packages) for one in shape.problems),
    )


def _advisory(shape: AdvisoryShape) -> Advisory:
    severity = shape.severity
    return Advisory(
        id=shape.id,
        package=_name(shape.package),
        aliases=shape.aliases,
        intervals=tuple(read_range(one) for one in shape.ranges),
        versions=frozenset(parse_version(text) for text in shape.versions),
        severity=Severity(severity.score, severity.word, severity.vector or ""),
        cwe=shape.cwe_ids,
        published=shape.published or "",
        modified=shape.modified or "",
        withdrawn=shape.withdrawn or "",
        references=shape.references,
        source=shape.record,
    )
