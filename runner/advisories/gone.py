"""Why a finding is gone: *fixed* only where the advisory names the fix and it was reached."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from runner.advisories.findings import Advisory, Finding, Standing
from runner.advisories.versions import Word


class Reason(StrEnum):
    """Why a finding of one version is none of another."""

    FIXED = "fixed"
    """A fixed version is named where the range that held the first version ends, and reached."""
    OUT_OF_RANGE = "out of range"
    """The range or the list merely stops, or the second version is before it."""
    WITHDRAWN = "withdrawn"
    """The advisory was taken back."""
    PACKAGE_REMOVED = "package removed"
    """The package is not there any more; nothing is said of the advisory."""
    UNKNOWN = "unknown"
    """The source lost the advisory, or no longer says of the first version what it said."""


WEAKEST_FIRST = (Reason.UNKNOWN, Reason.OUT_OF_RANGE, Reason.WITHDRAWN, Reason.FIXED)
"""How much each says, the least first: where sources differ, the weakest counts."""


@dataclass(frozen=True)
class Gone:
    """A finding that is gone, and why."""

    finding: Finding
    """As it was before."""
    reason: Reason
    """The weakest that holds: one advisory that does not say fixed is enough."""
    detail: str
    """A sentence for people."""
    now: tuple[Advisory, ...] = ()
    """What the source says of it now, withdrawn advisories too."""


def gone(
    finding: Finding,
    before: Version,
    after: Version,
    now: Sequence[Advisory],
    *,
    complete: bool = True,
) -> Gone | None:
    """Say why a finding that affects ``before`` does not affect ``after``; None where it does.

    ``now`` are the advisories of the source as it is now, withdrawn ones too; they are ``complete``
    unless the source tells only what affects ``after``. An advisory that is not among them counts
    with what it last said, but a complete source that has none of a finding's has lost it.
    """
    if finding.standing(before) is not Standing.AFFECTED:
        raise ValueError(f"{finding.id} does not affect {before}")
    known = tuple(
        one for one in now if one.package == finding.package and one.names & finding.names
    )
    if complete and not known:
        return Gone(finding, Reason.UNKNOWN, "the source no longer knows it")
    standing = [one for one in known if not one.withdrawn]
    if any(one.standing(after) is Standing.AFFECTED for one in standing):
        return None
    present = {one.id for one in known}
    lost = [one for one in finding.advisories if one.id not in present]
    reason, detail = _why(before, after, standing, lost) or _withdrawal(known)
    return Gone(finding, reason, detail, known)


def _why(
    before: Version, after: Version, standing: Sequence[Advisory], lost: Sequence[Advisory]
) -> tuple[Reason, str] | None:
    """Give the weakest reason; None where no advisory is left to give one."""
    if not standing and not lost:
        return None
    blind = [one.id for one in lost if one.standing(after) is Standing.AFFECTED]
    if blind:
        told = f"the source no longer tells {', '.join(blind)}"
        return Reason.UNKNOWN, f"{told}, by which {after} was affected"
    holding = [one for one in (*standing, *lost) if one.standing(before) is Standing.AFFECTED]
    if not holding:
        return Reason.UNKNOWN, f"the source no longer says that {before} is affected"
    return _weakest(before, after, holding)


def _withdrawal(known: Sequence[Advisory]) -> tuple[Reason, str]:
    when = max(one.withdrawn for one in known)
    return Reason.WITHDRAWN, f"withdrawn on {when[:10]}"


def _weakest(before: Version, after: Version, holding: Sequence[Advisory]) -> tuple[Reason, str]:
    reached: list[Version] = []
    for advisory in holding:
        fixes = _fixes(advisory, before, after)
        if not fixes:
            return Reason.OUT_OF_RANGE, f"{advisory.id} {_stop(advisory, before, after)}"
        reached.extend(fixes)
    return Reason.FIXED, f"fixed in {max(reached)}"


def _fixes(advisory: Advisory, before: Version, after: Version) -> list[Version]:
    """Give the fixes that end what held ``before``; none where one of them is no reached fix."""
    found = []
    for one in advisory.holding(before):
        if one.end is None or one.ends_by is not Word.FIXED or not one.is_before(after):
            return []
        found.append(one.end)
    return found


def _stop(advisory: Advisory, before: Version, after: Version) -> str:
    for one in advisory.holding(before):
        if not one.is_before(after):
            return f"starts at {one.start}, after {after}"
        if one.ends_by is not Word.FIXED:
            word = "ends with" if one.ends_by is Word.LAST_AFFECTED else "ends before"
            return f"{word} {one.end} and names no fix"
    return f"lists versions one by one, and {after} is not among them"
