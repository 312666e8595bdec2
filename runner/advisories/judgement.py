"""A policy applied to a scan: what is forbidden, what is waived, and what cannot be decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from runner.advisories.comparison import Comparison
from runner.advisories.doubts import errors, notes
from runner.advisories.policy import Policy
from runner.advisories.rules import broken
from runner.advisories.snapshot import Snapshot
from runner.advisories.vulnerabilities import Vulnerability, combine
from runner.advisories.waivers import Notice, Waiver, notices
from runner.model import Outcome

_MOST_NAMED = 3
"""Findings that the reason names one by one."""


@dataclass(frozen=True)
class Forbidden:
    """A vulnerability that breaks the policy."""

    vulnerability: Vulnerability
    """Which one."""
    rules: tuple[str, ...]
    """Every rule that it breaks, in words; never empty."""


@dataclass(frozen=True)
class Waived:
    """A vulnerability that would break the policy, and is accepted."""

    vulnerability: Vulnerability
    """Which one."""
    rules: tuple[str, ...]
    """Every rule that it would break, in words."""
    waiver: Waiver
    """The first that accepts it."""


@dataclass(frozen=True)
class Judgement:
    """What a policy says of a scan."""

    snapshot: Snapshot
    """The scan."""
    errors: tuple[str, ...]
    """Why it cannot be decided, a sentence each; no waiver excuses one."""
    forbidden: tuple[Forbidden, ...]
    """Worst first, as the others."""
    waived: tuple[Waived, ...]
    """Accepted by a waiver."""
    allowed: tuple[Vulnerability, ...]
    """There, but no rule forbids them."""
    notices: tuple[Notice, ...]
    """Of waivers, in the order of the waivers."""
    notes: tuple[str, ...]
    """What was not looked at or not readable, and is not gated; a sentence each."""

    @property
    def outcome(self) -> Outcome:
        """Errored where it cannot be decided, failed where something is forbidden, else passed."""
        if self.errors:
            return Outcome.ERRORED
        return Outcome.FAILED if self.forbidden else Outcome.PASSED

    @property
    def reason(self) -> str:
        """Say why on one line."""
        if self.errors:
            others = len(self.errors) - 1
            more = f" (and {_count(others, 'more error')})" if others else ""
            return f"{self.errors[0]}{more}"
        if self.forbidden:
            return _forbidden_line([one.vulnerability for one in self.forbidden])
        count = len(self.snapshot.inventory.components)
        waived = f", {len(self.waived)} waived" if self.waived else ""
        allowed = f", {len(self.allowed)} allowed" if self.allowed else ""
        return f"no forbidden finding in {_count(count, 'package')}{waived}{allowed}"


def judge(
    policy: Policy,
    after: Snapshot,
    comparison: Comparison | None,
    waivers: Sequence[Waiver],
    now: datetime,
) -> Judgement:
    """Judge a scan at a moment with an offset; ``comparison`` is with a baseline if there is one.

    Raises ValueError for a moment without offset and for a comparison with another scan.
    """
    if now.tzinfo is None:
        raise ValueError("the moment of a judgement has an offset")
    if comparison is not None and comparison.after != after:
        raise ValueError("the comparison is of another scan than the one that is judged")
    told = _told(policy, after, comparison)
    there = [one for one, _ in told]
    breaking = [Forbidden(one, rules) for one, rules in told if rules]
    today = now.astimezone(UTC).date()
    excused = [(one, _waiver(waivers, one.vulnerability, today)) for one in breaking]
    unknown = ["no baseline: what is new cannot be told"] if policy.new and not comparison else []
    return Judgement(
        after,
        (*errors(policy, after, now), *unknown),
        tuple(one for one, waiver in excused if waiver is None),
        tuple(Waived(one.vulnerability, one.rules, waiver) for one, waiver in excused if waiver),
        tuple(one for one, rules in told if not rules),
        tuple(notices(waivers, [one.vulnerability for one in breaking], there, today)),
        tuple(notes(policy, after)),
    )


def _told(
    policy: Policy, after: Snapshot, comparison: Comparison | None
) -> list[tuple[Vulnerability, tuple[str, ...]]]:
    """Give every vulnerability with the rules that it breaks."""
    appeared = comparison.new if comparison else ()
    new = {(one.vulnerability.package, one.vulnerability.names): one for one in appeared}
    return [
        (one, tuple(broken(policy, one, new.get((one.package, one.names)))))
        for one in combine(after)
    ]


def _waiver(waivers: Sequence[Waiver], one: Vulnerability, today: date) -> Waiver | None:
    return next((waiver for waiver in waivers if waiver.accepts(one, today)), None)


def _forbidden_line(told: Sequence[Vulnerability]) -> str:
    components = list(dict.fromkeys(one.component for one in told))
    alone = len(components) == 1
    where = f"{told[0].package} {told[0].version}" if alone else f"{len(components)} packages"
    named = [
        f"{one.id} ({_word(one)}{'' if alone else f', {one.package} {one.version}'})"
        for one in told[:_MOST_NAMED]
    ]
    more = f" and {len(told) - len(named)} more" if len(told) > len(named) else ""
    return f"{_count(len(told), 'forbidden finding')} in {where}: {', '.join(named)}{more}"


def _word(one: Vulnerability) -> str:
    return "unrated" if one.severity.score is None else one.severity.word


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
