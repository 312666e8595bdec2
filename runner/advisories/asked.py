"""Whether a source has looked at a package, and why not."""

from __future__ import annotations

from collections.abc import Sequence

from runner.advisories.sources.base import Problem, Report

_MOST_NAMED = 5
"""Names that a sentence gives one by one."""


def why_not_audited(report: Report, package: str) -> str:
    """Say why a source has not looked at a package; empty where it has.

    A package that a report says nothing of was not looked at.
    """
    if package in report.skipped:
        return on_a_line(report.skipped[package]) or "it gives no reason"
    return "" if package in report.audited else "it says nothing of the package"


def problems_about(report: Report, package: str) -> tuple[Problem, ...]:
    """Give what a source could not read that may be about a package."""
    return tuple(one for one in report.problems if one.packages is None or package in one.packages)


def listed(names: Sequence[str]) -> str:
    """Join names for a sentence: all of a few, the first of many."""
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def on_a_line(text: str) -> str:
    """Give a source's words without line breaks."""
    return " ".join(text.split())
