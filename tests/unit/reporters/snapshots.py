"""Snapshots made by hand, and texts that try to break a report."""

from __future__ import annotations

from typing import Any

from unit.advisories.records import DATABASE, SNAPSHOT, advisory, read, record

from runner.advisories.findings import Advisory
from runner.advisories.inventory import Component, Inventory
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report

TAKEN = "2026-11-22T13:00:00+01:00"
LOCK = "deployment/mlflow/requirements.txt"
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
FLAW = record(
    "PYSEC-2026-7",
    [{"introduced": "1"}, {"fixed": "3.9.0"}],
    aliases=["GHSA-aaaa-bbbb-cccc", "CVE-2026-10"],
    severity=[{"type": "CVSS_V3", "score": CRITICAL}],
    database_specific={"cwe_ids": ["CWE-79", "CWE-1393"]},
    published="2026-01-02T00:00:00Z",
    references=[{"url": "https://example.org/a"}, {"url": "javascript:alert(1)"}],
)
UNRATED = record("OTHER-1", [{"introduced": "1"}, {"last_affected": "4"}])
HOSTILE = "a\x1b[31m\u202eb\x00\nc\ud800 \\ [x](http://y) {0} <img src=x> " + "z" * 9000


def report(*advisories: Advisory, source: str = "osv", **more: Any) -> Report:  # noqa: ANN401 - any field
    audited = tuple(sorted({one.package for one in advisories}))
    return Report(source, "", DATABASE, advisories, audited, **more)


def snapshot(*reports: Report, subject: str = LOCK, **versions: str) -> Snapshot:
    """Give a scan of mlflow 3.6.0, and of other packages at versions."""
    listed = {"mlflow": "3.6.0", **versions}
    components = tuple(Component(name, listed[name]) for name in sorted(listed))
    inventory = Inventory(subject, "lock", components, "3.11")
    return Snapshot("mlflow", "3.6.0", TAKEN, "c0ffee", inventory, reports)


def flawed(*records: dict[str, Any], **versions: str) -> Snapshot:
    """Give a scan in which one source tells of records of mlflow."""
    return snapshot(report(*map(advisory, records)), **versions)


def real(version: str) -> Snapshot:
    """Give a scan of mlflow by the facts that the repository ships."""
    found = read(SNAPSHOT, "mlflow")
    told = Report("osv", "", found.database, found.advisories, ("mlflow",), complete=True)
    return snapshot(told, mlflow=version)
