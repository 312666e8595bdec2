"""Findings: advisories with an identity, which is the set of their names.

PYSEC, CVE and GHSA records of one flaw name each other as ``aliases`` and are one finding.
``related`` is no identity: it links flaws that are alike (OSV schema, section "related").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from packaging.version import Version

from runner.advisories.severity import UNRATED, Severity, worst
from runner.advisories.versions import Interval, Word, public

_DIGITS = re.compile(r"(\d+)")


class Standing(StrEnum):
    """How a version stands to an advisory."""

    AFFECTED = "affected"
    """The advisory names the version."""
    FIXED = "fixed"
    """All that the advisory names lies before the version, or after it, and ended with a fix."""
    OUT_OF_RANGE = "out of range"
    """The advisory's range or list merely stops: nothing says that it is fixed."""
    NOT_AFFECTED = "not affected"
    """The version is before all that the advisory names."""


@dataclass(frozen=True)
class Advisory:
    """What one record says of one package."""

    id: str
    """The record's own id."""
    package: str
    """Normalised name (PEP 503)."""
    aliases: tuple[str, ...] = ()
    """Other ids of the same flaw, in the record's order."""
    intervals: tuple[Interval, ...] = ()
    """Affected versions, from its ECOSYSTEM ranges."""
    versions: frozenset[Version] = frozenset()
    """Affected versions that are listed one by one."""
    severity: Severity = UNRATED
    """The highest of its vectors."""
    cwe: tuple[str, ...] = ()
    """Weaknesses: ``CWE-79``."""
    published: str = ""
    """ISO 8601 with offset, or empty."""
    modified: str = ""
    """ISO 8601 with offset."""
    withdrawn: str = ""
    """When it was taken back, ISO 8601 with offset; empty while it stands."""
    references: tuple[str, ...] = ()
    """Links."""
    source: str = ""
    """The record's file in its database."""

    @property
    def names(self) -> frozenset[str]:
        """Its id and aliases."""
        return frozenset((self.id, *self.aliases))

    def holding(self, version: Version) -> tuple[Interval, ...]:
        """Give the intervals that hold a version."""
        return tuple(one for one in self.intervals if one.holds(version))

    def standing(self, version: Version) -> Standing:
        """Say how a version stands to it; a list that leaves it out does not clear it."""
        listed = version in self.versions or public(version) in self.versions
        if listed or self.holding(version):
            return Standing.AFFECTED
        ends = {one.ends_by for one in self.intervals if one.is_before(version)}
        alone = any(one < version and not self.holding(one) for one in self.versions)
        if alone or not self.intervals or ends - {Word.FIXED}:
            return Standing.OUT_OF_RANGE
        return Standing.FIXED if ends else Standing.NOT_AFFECTED

    def fixed_for(self, version: Version) -> Version | None:
        """Give the next fixed version for an affected version, the one reached last for others."""
        fixes = [one.end for one in self.intervals if one.end and one.ends_by is Word.FIXED]
        if self.standing(version) is Standing.AFFECTED:
            return min((fix for fix in fixes if fix > version), default=None)
        return max((fix for fix in fixes if fix <= version), default=None)


@dataclass(frozen=True)
class Database:
    """Where findings come from."""

    source: str
    """The kind of source: ``osv``."""
    location: str
    """Path as the user would type it."""
    identity: str
    """SHA-256 over the hashes of its records: the same facts have it in a folder and in a zip."""
    timestamp: str
    """The newest ``modified`` of its records, ISO 8601; the database is at least as new."""
    records: int
    """How many files of records it holds, readable or not."""


@dataclass(frozen=True)
class Finding:
    """A flaw of a package: the advisories that share names, of one database."""

    package: str
    """Normalised name (PEP 503)."""
    advisories: tuple[Advisory, ...]
    """At least one, ordered by id."""
    database: Database
    """Where they were read."""

    @property
    def names(self) -> frozenset[str]:
        """Its identity: every id and alias."""
        return frozenset().union(*(one.names for one in self.advisories))

    @property
    def id(self) -> str:
        """The name that people know: a CVE id if there is one, else the record's own."""
        told = [name for one in self.advisories for name in (one.id, *one.aliases)]
        return next((name for name in told if name.startswith("CVE-")), told[0])

    @property
    def severity(self) -> Severity:
        """The highest of its advisories'."""
        return worst(one.severity for one in self.advisories)

    @property
    def cwe(self) -> tuple[str, ...]:
        """Weaknesses, each once."""
        return tuple(sorted({name for one in self.advisories for name in one.cwe}, key=order))

    @property
    def fixed_versions(self) -> tuple[str, ...]:
        """Every version that an advisory names as fixed, in order."""
        found = {
            one.end
            for advisory in self.advisories
            for one in advisory.intervals
            if one.end and one.ends_by is Word.FIXED
        }
        return tuple(str(version) for version in sorted(found))

    def standing(self, version: Version) -> Standing:
        """Give the worst that one of its advisories says."""
        said = {one.standing(version) for one in self.advisories}
        worst_first = (Standing.AFFECTED, Standing.OUT_OF_RANGE, Standing.FIXED)
        return next((one for one in worst_first if one in said), Standing.NOT_AFFECTED)

    def fixed_in(self, version: Version) -> str:
        """Give the fixed version that counts for a version; the latest where advisories differ."""
        found = [fix for one in self.advisories if (fix := one.fixed_for(version))]
        return str(max(found)) if found else ""


def order(name: str) -> tuple[tuple[int, str], ...]:
    """Order ids as people count: CVE-2026-96775 comes before CVE-2026-115886."""
    pieces = _DIGITS.split(name)
    return tuple((int(one), "") if one.isdecimal() else (-1, one) for one in pieces)


def merge(advisories: Iterable[Advisory], database: Database) -> tuple[Finding, ...]:
    """Join the advisories that share a name, each package for itself; ordered by id."""
    ordered = sorted(advisories, key=lambda one: (one.package, order(one.id)))
    leader: dict[tuple[str, str], tuple[str, str]] = {}

    def find(key: tuple[str, str]) -> tuple[str, str]:
        leader.setdefault(key, key)
        while leader[key] != key:
            leader[key] = leader[leader[key]]  # halve the path, so that it stays short
            key = leader[key]
        return key

    for one in ordered:
        for name in one.aliases:
            leader[find((one.package, name))] = find((one.package, one.id))
    groups: dict[tuple[str, str], list[Advisory]] = {}
    for one in ordered:
        groups.setdefault(find((one.package, one.id)), []).append(one)
    found = (Finding(group[0].package, tuple(group), database) for group in groups.values())
    return tuple(sorted(found, key=lambda one: (one.package, order(one.id))))
