"""Makers of reports and snapshots, by hand and from the records of this repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from unit.advisories.records import DATABASE, SNAPSHOT, Events, advisory, record

from runner.advisories.findings import Advisory
from runner.advisories.inventory import Component, Inventory
from runner.advisories.osv import read_osv
from runner.advisories.severity import Severity
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Problem, Report

TAKEN = "2026-06-01T12:00:00Z"
HIGH = Severity(7.5, "high", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N")
LOW = Severity(2.0, "low", "CVSS:3.1/x")


def told(
    name: str,
    *aliases: str,
    events: Events | None = None,
    package: str = "mlflow",
    severity: Severity = HIGH,
    **more: Any,  # noqa: ANN401 - any JSON
) -> Advisory:
    """Give an advisory; without events it affects every version."""
    data = record(name, events, package, aliases=list(aliases), **more)
    return replace(advisory(data, package), severity=severity)


def span_of(start: str, **end: str) -> Events:
    """Give the events of one range."""
    return [{"introduced": start}, *({word: text} for word, text in end.items())]


def report(
    source: str = "osv",
    *advisories: Advisory,
    audited: Iterable[str] = ("mlflow",),
    skipped: Mapping[str, str] | None = None,
    complete: bool = True,
    problems: tuple[Problem, ...] = (),
    timestamp: str = "2026-06-01T00:00:00Z",
) -> Report:
    """Give what a source says."""
    database = replace(DATABASE, source=source, timestamp=timestamp)
    names = tuple(audited)
    return Report(source, "", database, advisories, names, skipped or {}, complete, problems)


def snapshot(
    *reports: Report, taken: str = TAKEN, subject: str = "lock.txt", **versions: str
) -> Snapshot:
    """Give a scan of some packages; of mlflow 3.6.0 where none is given."""
    chosen = versions or {"mlflow": "3.6.0"}
    components = tuple(Component(name, version) for name, version in sorted(chosen.items()))
    inventory = Inventory(subject, "lock", components, "3.11")
    version = chosen.get("mlflow", "1")
    return Snapshot("mlflow", version, taken, "0" * 40, inventory, reports or (report(),))


def scan(*advisories: Advisory, version: str = "3.6.0", complete: bool = True) -> Snapshot:
    """Give what one source says of one version of mlflow."""
    return snapshot(report("osv", *advisories, complete=complete), mlflow=version)


@cache
def real(version: str, *, complete: bool = True) -> Snapshot:
    """Give the scan of a version of mlflow with the records of this repository."""
    reading = read_osv(SNAPSHOT, ("mlflow",))
    component = Component("mlflow", version)
    advisories = tuple(
        one
        for one in reading.advisories
        if complete or one.standing(component.parsed) == "affected"
    )
    found = Report("osv", "", reading.database, advisories, ("mlflow",), complete=complete)
    return snapshot(found, mlflow=version)
