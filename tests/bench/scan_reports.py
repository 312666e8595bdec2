"""What the scanners' reports say, as far as it is compared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import msgspec

Found: TypeAlias = Sequence[tuple[str, Sequence[str]]]
"""Package and the names of a flaw, for each flaw that affects it."""


def read_runner(data: bytes) -> Found:
    """Read what ``programs/osv_scan.py`` has written."""
    return msgspec.json.decode(data, type=list[tuple[str, list[str]]])


class _Flaw(msgspec.Struct):
    """A flaw in a report of pip-audit."""

    id: str
    aliases: list[str]


class _Dependency(msgspec.Struct):
    """A package in a report of pip-audit."""

    name: str
    vulns: list[_Flaw] = []


class _PipAudit(msgspec.Struct):
    """A report of pip-audit."""

    dependencies: list[_Dependency]


class _Vulnerability(msgspec.Struct, rename={"cve": "CVE"}):
    """A flaw in a report of safety."""

    package_name: str
    cve: str


class _Safety(msgspec.Struct):
    """A report of safety."""

    vulnerabilities: list[_Vulnerability]


def read_safety(data: bytes) -> Found:
    """Read what ``safety check --save-json`` has written."""
    report = msgspec.json.decode(data, type=_Safety)
    return [(one.package_name, [one.cve]) for one in report.vulnerabilities]


def read_pip_audit(data: bytes) -> Found:
    """Read what ``pip-audit --format json`` has written."""
    report = msgspec.json.decode(data, type=_PipAudit)
    return [
        (one.name, [flaw.id, *flaw.aliases]) for one in report.dependencies for flaw in one.vulns
    ]
