"""What the gate says of each vulnerability, as SARIF has it: a level, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from runner.advisories.vulnerabilities import Vulnerability
from runner.model import Outcome, StepReport

Level: TypeAlias = Literal["error", "warning", "note"]
"""SARIF 2.1.0, section 3.27.10: forbidden, merely there, waived."""
Key: TypeAlias = tuple[str, str]
"""Package and id: which vulnerability of a scan is meant."""


@dataclass(frozen=True)
class Ruling:
    """What the gate says of one vulnerability."""

    level: Level
    """How it is shown."""
    reason: str = ""
    """The rules that it breaks, or why, by whom and until when it is waived."""


THERE = Ruling("warning")
"""Of a vulnerability that no rule forbids, or that nobody has judged."""
_LEVELS: Mapping[Outcome, Level] = {Outcome.FAILED: "error", Outcome.SKIPPED: "note"}
"""The gate gives a case for each vulnerability: failed is forbidden, skipped is waived."""


def key(one: Vulnerability) -> Key:
    """Give the key of a vulnerability."""
    return one.package, one.id


def rulings(report: StepReport) -> Mapping[Key, Ruling]:
    """Give what a gate has said of vulnerabilities; the report of a baseline says nothing."""
    return {
        (case.classname, case.name): Ruling(_LEVELS[case.outcome], case.message)
        for case in report.cases
        if case.outcome in _LEVELS
    }
