"""Why a vulnerability of the first scan is none of the second, by each of its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.version import Version

from runner.advisories.asked import on_a_line, problems_about, why_not_audited
from runner.advisories.gone import WEAKEST_FIRST, Gone, Reason, gone
from runner.advisories.inventory import Component
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report
from runner.advisories.vulnerabilities import Vulnerability


@dataclass(frozen=True)
class GoneVulnerability:
    """A vulnerability of the first scan that is none of the second."""

    vulnerability: Vulnerability
    """As it was."""
    reason: Reason
    """The weakest that a source gives which looked again; unknown where none did."""
    detail: str
    """A sentence for people."""
    accounts: Mapping[str, Gone]
    """What each source says that told it before and looked again, with its ranges."""
    unasked: Mapping[str, str]
    """The sources that told it before and did not look again: name to reason."""

    @property
    def disagrees(self) -> bool:
        """Say whether its sources differ: in the reason now, or already when it was there."""
        reasons = {one.reason for one in self.accounts.values()}
        return len(reasons) > 1 or self.vulnerability.disagrees


def vanished(one: Vulnerability, after: Snapshot) -> GoneVulnerability:
    """Say why a vulnerability is not in a later scan."""
    version = after.inventory.versions.get(one.package)
    if version is None:
        detail = f"{one.package} is not in {after.inventory.subject} any more"
        return GoneVulnerability(one, Reason.PACKAGE_REMOVED, detail, {}, {})
    reports = {report.source: report for report in after.reports}
    unasked = {name: why for name in one.findings if (why := _unasked(reports.get(name), one))}
    new = Component(one.package, version).parsed
    accounts = {
        name: account
        for name in one.findings
        if name not in unasked and (account := _account(one, new, reports[name]))
    }
    reason, detail = _verdict(accounts, unasked)
    return GoneVulnerability(one, reason, detail, accounts, unasked)


def _unasked(report: Report | None, one: Vulnerability) -> str:
    if report is None:
        return "it was not asked again"
    if why := why_not_audited(report, one.package):
        return f"it did not look at {one.package} again: {why}"
    if problems := problems_about(report, one.package):
        return f"it could not read {problems[0].place}: {on_a_line(problems[0].reason)}"
    return ""


def _account(one: Vulnerability, new: Version, report: Report) -> Gone | None:
    old = one.component.parsed
    finding = one.findings[report.source]
    return gone(finding, old, new, report.advisories, complete=report.complete)


def _verdict(accounts: Mapping[str, Gone], unasked: Mapping[str, str]) -> tuple[Reason, str]:
    """Let the weakest reason win; what was not asked counts only where nothing else does."""
    if not accounts:
        return Reason.UNKNOWN, "; ".join(f"{name}: {why}" for name, why in unasked.items())
    name, account = min(accounts.items(), key=lambda one: WEAKEST_FIRST.index(one[1].reason))
    detail = f"{name}: {account.detail}" if len(accounts) + len(unasked) > 1 else account.detail
    return account.reason, detail
