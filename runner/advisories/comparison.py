"""Two scans held against each other: which vulnerabilities are new, remaining and gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from runner.advisories.appeared import NewVulnerability, appeared
from runner.advisories.asked import listed, why_not_audited
from runner.advisories.snapshot import Snapshot
from runner.advisories.vanished import GoneVulnerability, vanished
from runner.advisories.vulnerabilities import Vulnerability, combine
from runner.errors import RunnerError


class ComparisonError(RunnerError):
    """Two snapshots that cannot be compared."""


@dataclass(frozen=True)
class RemainingVulnerability:
    """A vulnerability of both scans."""

    before: Vulnerability
    """As it was."""
    after: Vulnerability
    """As it is now; where several were one before, or the reverse, each pair stands."""


@dataclass(frozen=True)
class Comparison:
    """What changed from one scan to another."""

    before: Snapshot
    """The first scan."""
    after: Snapshot
    """The second scan."""
    new: tuple[NewVulnerability, ...]
    """In the second alone, the worst first, as the others."""
    remaining: tuple[RemainingVulnerability, ...]
    """In both."""
    gone: tuple[GoneVulnerability, ...]
    """In the first alone."""
    notes: tuple[str, ...]
    """What makes the scans unlike: the subject, the sources, the packages they looked at."""


def compare(before: Snapshot, after: Snapshot) -> Comparison:
    """Compare two scans by the identity of what they found.

    Raises ComparisonError for snapshots of different packages.
    """
    if before.package != after.package:
        raise ComparisonError(
            f"a scan for {before.package} cannot be compared with one for {after.package}",
            hint="take the baseline anew, for the package that is upgraded",
        )
    old, new = combine(before), combine(after)
    return Comparison(
        before,
        after,
        tuple(appeared(one, before) for one in new if not _is_among(one, old)),
        tuple(
            RemainingVulnerability(one, other)
            for one in old
            for other in new
            if one.is_same_as(other)
        ),
        tuple(vanished(one, after) for one in old if not _is_among(one, new)),
        tuple(_notes(before, after)),
    )


def _is_among(one: Vulnerability, others: Sequence[Vulnerability]) -> bool:
    return any(one.is_same_as(other) for other in others)


def _notes(before: Snapshot, after: Snapshot) -> Iterator[str]:
    first, second = (f"{one.inventory.subject} ({one.inventory.method})" for one in (before, after))
    if first != second:
        yield f"{first} was scanned before, {second} after"
    yield from _lost(before, after, "before", "after")
    yield from _lost(after, before, "after", "before")


def _lost(here: Snapshot, there: Snapshot, when: str, other: str) -> Iterator[str]:
    """Tell what was asked or looked at in one scan and not in the other."""
    reports = {one.source: one for one in there.reports}
    common = here.inventory.versions.keys() & there.inventory.versions.keys()
    for one in here.reports:
        if (counterpart := reports.get(one.source)) is None:
            yield f"{one.source} was asked {when} and not {other}"
            continue
        names = sorted(
            name
            for name in common
            if not why_not_audited(one, name) and why_not_audited(counterpart, name)
        )
        if names:
            yield f"{one.source} looked at {listed(names)} {when} and not {other}"
