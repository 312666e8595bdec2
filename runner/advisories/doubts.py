"""What keeps a policy from being decided: what was not there, not looked at, or too old."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta

from runner.advisories.asked import listed, on_a_line, why_not_audited
from runner.advisories.inventory import Inventory
from runner.advisories.moments import moment
from runner.advisories.policy import Policy
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Problem, Report
from runner.advisories.versions import parse_version

_MOST_PROBLEMS = 3
"""Problems that a sentence gives one by one."""
_DAY = 86400.0
_AHEAD = timedelta(days=1)
"""How far clocks may differ before a database is called one from the future."""


def gated(policy: Policy, inventory: Inventory) -> tuple[str, ...]:
    """Give the packages of which everything must be known.

    They are those that the policy names, and all where it names none that is there: then a finding
    in any of them would count, and what was not looked at must not pass for free of findings.
    """
    there = tuple(name for name in policy.gated if name in inventory.versions)
    return there or tuple(inventory.versions)


def errors(policy: Policy, snapshot: Snapshot, now: datetime) -> Iterator[str]:
    """Say why the policy cannot be decided, a sentence each."""
    inventory = snapshot.inventory
    names = gated(policy, inventory)
    if not inventory.components:
        yield f"there is no package in {inventory.subject}"
    if not snapshot.reports:
        yield "no source was asked"
    yield from _missing(policy, inventory)
    for report in snapshot.reports:
        yield from _unaudited(report, names)
        about = [one for one in report.problems if _is_about(one, names)]
        yield from _unread(report, about, f" that may be about {listed(names)}")
        if policy.max_database_age is not None:
            yield from _age(report, policy.max_database_age, now)


def notes(policy: Policy, snapshot: Snapshot) -> Iterator[str]:
    """Say what was not looked at, not readable or not there, and is not gated; a sentence each."""
    inventory = snapshot.inventory
    names = gated(policy, inventory)
    for name in policy.packages:
        if name not in inventory.versions and name not in policy.required:
            yield f"there is no {name} in {inventory.subject}"
    for report in snapshot.reports:
        yield from _unaudited(report, [one for one in inventory.versions if one not in names])
        other = [one for one in report.problems if not _is_about(one, names)]
        yield from _unread(report, other, "")


def _missing(policy: Policy, inventory: Inventory) -> Iterator[str]:
    for name, version in policy.required.items():
        found = inventory.versions.get(name)
        if found is None or (version and parse_version(version) != parse_version(found)):
            wanted = f"{name} {version}".rstrip()
            there = f"{name} {found}" if found else f"no {name}"
            yield (
                "the scanned subject is not the release's: "
                f"{inventory.subject} has {there}, expected {wanted}"
            )
    others = policy.severity or policy.ids or policy.new or policy.required
    if not others and not any(name in inventory.versions for name in policy.packages):
        yield f"none of the gated packages is in {inventory.subject}: {listed(policy.packages)}"


def _unaudited(report: Report, names: Iterable[str]) -> Iterator[str]:
    """Group the packages that were not looked at by the reason."""
    reasons: dict[str, list[str]] = {}
    for name in names:
        if why := why_not_audited(report, name):
            reasons.setdefault(why, []).append(name)
    for why, group in reasons.items():
        was = "was" if len(group) == 1 else "were"
        yield f"{listed(group)} {was} not audited by {report.source}: {why}"


def _is_about(problem: Problem, names: Collection[str]) -> bool:
    return problem.packages is None or not set(problem.packages).isdisjoint(names)


def _unread(report: Report, problems: list[Problem], about: str) -> Iterator[str]:
    if problems:
        told = [f"{one.place}: {on_a_line(one.reason)}" for one in problems[:_MOST_PROBLEMS]]
        more = [f"{len(problems) - len(told)} more"] if len(problems) > len(told) else []
        yield f"{report.source} could not read everything{about}: {'; '.join([*told, *more])}"


def _age(report: Report, most: float, now: datetime) -> Iterator[str]:
    text = report.database.timestamp
    since = moment(text)
    what = f"the database of {report.source}"
    if since is None:
        yield f"{what} has no date: how old it is cannot be said"
    elif since - now > _AHEAD:
        yield f"{what} is of {text[:10]}, in the future"
    elif (now - since).total_seconds() > most:
        yield f"{what} is of {text}, older than the {most / _DAY:g} days allowed"
