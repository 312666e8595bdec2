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
    UNKNOWN = "unknown"
    """The source lost the advisory, or no longer says of the first version what it said."""


@dataclass(frozen=True)
class Gone:
    """A finding that is gone, and why."""

    finding: Finding
    """As it was before."""
    reason: Reason
    """The weakest that holds: one advisory that does not say fixed is enough."""
    detail: str
    """A sentence for people."""


def gone(finding: Finding, before: Version, after: Version, now: Sequence[Advisory]) -> Gone | None:
    """Say why a finding that affects ``before`` does not affect ``after``; None where it does.

    ``now`` are the advisories of the source as it is now, withdrawn ones too. An advisory
    that the source lost counts with what it last said.
    """
    if finding.standing(before) is not Standing.AFFECTED:
        raise ValueError(f"{finding.id} does not affect {before}")
    known = [one for one in now if one.package == finding.package and one.names & finding.names]
    if not known:
        return Gone(finding, Reason.UNKNOWN, "the source no longer knows it")
    standing = [one for one in known if not one.withdrawn]
    if not standing:
        when = max(one.withdrawn for one in known)
        return Gone(finding, Reason.WITHDRAWN, f"withdrawn on {when[:10]}")
    if any(one.standing(after) is Standing.AFFECTED for one in standing):
        return None
    present = {one.id for one in known}
    lost = [one for one in finding.advisories if one.id not in present]
    blind = [one.id for one in lost if one.standing(after) is Standing.AFFECTED]
    if blind:
        return Gone(finding, Reason.UNKNOWN, f"the source no longer knows {', '.join(blind)}")
    holding = [one for one in (*standing, *lost) if one.standing(before) is Standing.AFFECTED]
    if not holding:
        detail = f"the source no longer says that {before} is affected"
        return Gone(finding, Reason.UNKNOWN, detail)
    return _weakest(finding, before, after, holding)


def _weakest(
    finding: Finding, before: Version, after: Version, holding: Sequence[Advisory]
) -> Gone:
    reached: list[Version] = []
    for advisory in holding:
        fixes = _fixes(advisory, before, after)
        if not fixes:
            detail = f"{advisory.id} {_stop(advisory, before, after)}"
            return Gone(finding, Reason.OUT_OF_RANGE, detail)
        reached.extend(fixes)
    return Gone(finding, Reason.FIXED, f"fixed in {max(reached)}")


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
