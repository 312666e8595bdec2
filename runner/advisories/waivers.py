"""Waivers: vulnerabilities that somebody accepts, for a range of versions and until a day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from runner.advisories.versions import package_name
from runner.advisories.vulnerabilities import Vulnerability

SOON = timedelta(days=14)
"""How long before its last day a waiver is said to expire."""


@dataclass(frozen=True)
class Waiver:
    """One entry of ``config/waivers.yaml``; raises ValueError for one that binds to nothing."""

    id: str
    """Any of the vulnerability's names."""
    package: str
    """Normalised name (PEP 503)."""
    versions: str
    """Specifiers (PEP 440) that the installed version must satisfy: ``>=3.6,<3.7``."""
    reason: str
    """Why it is accepted."""
    owner: str
    """Who accepts it."""
    expires: date
    """The last day on which it counts, in UTC."""
    place: str
    """Where it stands: ``config/waivers.yaml:3:5``."""

    def __post_init__(self) -> None:
        """Refuse an empty field, a package's name or specifiers that cannot be read."""
        for key in ("id", "package", "versions", "reason", "owner"):
            if not str(getattr(self, key)).strip():
                raise ValueError(f"{self.place}: the waiver's {key} is empty")
        if package_name(self.package) != self.package:
            raise ValueError(f"{self.place}: {self.package!r} is not normalised")
        try:
            self.specifiers  # noqa: B018 - read here, so that it cannot fail later
        except InvalidSpecifier as error:
            raise ValueError(f"{self.place}: {self.versions!r} is no range (PEP 440)") from error

    @cached_property
    def specifiers(self) -> SpecifierSet:
        """Give the range for comparisons."""
        return SpecifierSet(self.versions)

    def names(self, one: Vulnerability) -> bool:
        """Say whether it is about a vulnerability, at whatever version and on whatever day."""
        return self.package == one.package and self.id in one.names

    def spans(self, version: str) -> bool:
        """Say whether a version is in its range; pre-releases are versions like others."""
        return self.specifiers.contains(version, prereleases=True)

    def accepts(self, one: Vulnerability, today: date) -> bool:
        """Say whether it counts for a vulnerability on a day."""
        return self.names(one) and self.spans(one.version) and today <= self.expires


class NoticeKind(StrEnum):
    """What is to be said of a waiver."""

    EXPIRED = "expired"
    """Its last day is over; it does not count."""
    EXPIRING = "expiring"
    """It still counts, but its last day is near, see `SOON`."""
    UNMATCHED = "unmatched"
    """The vulnerability is there at a version outside its range; it does not count."""
    UNUSED = "unused"
    """There is no forbidden vulnerability for it; it can go."""


@dataclass(frozen=True)
class Notice:
    """Something about a waiver that its owner should know."""

    waiver: Waiver
    """Which one."""
    kind: NoticeKind
    """What it is."""
    detail: str
    """A sentence for people."""


def notices(
    waivers: Sequence[Waiver],
    forbidden: Sequence[Vulnerability],
    there: Sequence[Vulnerability],
    today: date,
) -> Iterator[Notice]:
    """Say what is to be said of waivers.

    ``forbidden`` are the vulnerabilities that need one, and ``there`` are all.
    """
    for waiver in waivers:
        named = [one for one in there if waiver.names(one)]
        needed = [one for one in forbidden if waiver.names(one)]
        if today > waiver.expires:
            detail = f"it expired on {waiver.expires} and does not count"
            yield Notice(waiver, NoticeKind.EXPIRED, detail)
        elif not named:
            detail = f"{waiver.id} was not found in {waiver.package}"
            yield Notice(waiver, NoticeKind.UNUSED, detail)
        elif not waiver.spans(named[0].version):
            detail = f"{waiver.package} is {named[0].version}, not {waiver.versions}"
            yield Notice(waiver, NoticeKind.UNMATCHED, detail)
        elif not needed:
            detail = f"no rule forbids {waiver.id} in {waiver.package}"
            yield Notice(waiver, NoticeKind.UNUSED, detail)
        elif waiver.expires - today <= SOON:
            detail = f"it counts up to {waiver.expires}"
            yield Notice(waiver, NoticeKind.EXPIRING, detail)
