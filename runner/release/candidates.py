"""Candidates: the versions newer than the release's, and what keeps one from being taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from packaging.version import Version

from runner.advisories.moments import moment
from runner.model import Upstream
from runner.release.upstream.base import Announcement, Offer

_DAY = 86400.0
_HOUR = 3600.0


@dataclass(frozen=True)
class Candidate:
    """A version newer than the release's."""

    version: Version
    """Which one."""
    published: str
    """When, ISO 8601 with offset, by the index or else by the feed; empty where neither tells."""
    age: float | None
    """Seconds since then; None where that is not known."""
    requires_python: tuple[str, ...]
    """What its files ask of Python, each once; none where nothing is asked."""
    yanked: str | None
    """Why it was taken back; None where it stands."""
    prerelease: bool
    """Whether it is one (PEP 440)."""
    notes_address: str
    """Of its release notes; empty where no feed tells of it."""
    named: tuple[str, ...] | None
    """Advisory ids in its release notes; None where no feed tells of it."""
    rejections: tuple[str, ...]
    """Why it cannot be taken, whatever its advisories are; a sentence each."""

    @property
    def eligible(self) -> bool:
        """Say whether nothing keeps it from being taken so far."""
        return not self.rejections


@dataclass(frozen=True)
class Rules:
    """What is asked of a candidate before its advisories are looked at."""

    settings: Upstream
    """The playbook's."""
    current: Version
    """The release's version."""
    python: str
    """Version of the interpreter that the release runs under; empty if unknown."""
    now: datetime
    """The moment of the triage, with offset."""


def candidates(
    offers: Sequence[Offer], announcements: Sequence[Announcement], rules: Rules
) -> tuple[Candidate, ...]:
    """Give every version that is newer than the release's, in order."""
    told = {one.version: one for one in announcements}
    newer = sorted(
        (one for one in offers if one.version > rules.current), key=lambda one: one.version
    )
    return tuple(_candidate(one, told.get(one.version), rules) for one in newer)


def only_announced(
    offers: Sequence[Offer], announcements: Sequence[Announcement], current: Version
) -> tuple[Announcement, ...]:
    """Give what the makers tell of and no index has."""
    offered = {one.version for one in offers}
    newer = (one for one in announcements if one.version > current)
    return tuple(one for one in newer if one.version not in offered)


def _candidate(offer: Offer, told: Announcement | None, rules: Rules) -> Candidate:
    published = offer.uploaded or (told.published if told else "")
    since = moment(published)
    age = (rules.now - since).total_seconds() if since else None
    return Candidate(
        version=offer.version,
        published=published,
        age=age,
        requires_python=tuple(filter(None, map(str, offer.requires))),
        yanked=offer.yanked,
        prerelease=offer.version.is_prerelease,
        notes_address=told.address if told else "",
        named=told.advisories if told else None,
        rejections=tuple(_rejections(offer, age, rules)),
    )


def _rejections(offer: Offer, age: float | None, rules: Rules) -> Iterator[str]:
    settings = rules.settings
    if offer.yanked is not None:
        why = f": {offer.yanked}" if offer.yanked else ", without a reason"
        yield f"it was yanked from the index{why}"
    wanted = settings.prereleases or rules.current.is_prerelease
    if offer.version.is_prerelease and not wanted:
        yield "it is a pre-release, which 'upstream.prereleases' does not allow"
    if rules.python and offer.requires and not _runs(offer, rules.python):
        asked = " or ".join(map(str, offer.requires))
        yield f"it requires Python {asked}, and the release runs under {rules.python}"
    if settings.min_age and age is None:
        yield (
            f"its age is not known, and 'upstream.min_age' asks for {days(settings.min_age)}: "
            "name a feed under 'upstream.releases'"
        )
    elif age is not None and age < settings.min_age:
        yield f"it is {days(age)} old, and 'upstream.min_age' asks for {days(settings.min_age)}"


def _runs(offer: Offer, python: str) -> bool:
    return any(one.contains(python, prereleases=True) for one in offer.requires)


def days(seconds: float) -> str:
    """Say how long in days, or in hours below two of them."""
    if seconds < 2 * _DAY:
        hours = max(0, int(seconds // _HOUR))
        return f"{hours} hour{'s' * (hours != 1)}"
    return f"{int(seconds // _DAY)} days"
