"""Versions and ranges: PEP 440 order, and the evaluation of OSV ranges.

A range of events becomes intervals when it is read. An interval remembers how it ends, for a range
that merely stops (``last_affected``) is no fix.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from packaging.utils import InvalidName, canonicalize_name
from packaging.version import InvalidVersion, Version

_ORIGIN = "0"
_NO_LIMIT = "*"
_MOST_CHARACTERS = 256


class Word(StrEnum):
    """What an event says, as the OSV schema has it (section "affected[].ranges[].events")."""

    FIXED = "fixed"
    """The first version that is not affected any more."""
    INTRODUCED = "introduced"
    """The first version that is affected."""
    LAST_AFFECTED = "last_affected"
    """The last version known to be affected; nothing is said of later ones."""
    LIMIT = "limit"
    """Nothing is said of this version and later ones."""


_ORDER = (Word.FIXED, Word.INTRODUCED, Word.LAST_AFFECTED)
"""At one version: what is fixed and introduced there is affected, and may affect it alone."""


@dataclass(frozen=True)
class Interval:
    """Versions in a row that are affected."""

    start: Version | None
    """The first affected version; None reaches back to the very first."""
    end: Version | None
    """Where it ends; None is open."""
    ends_by: Word | None
    """What stands at the end: ``last_affected`` belongs to the interval, the others do not."""

    def holds(self, version: Version) -> bool:
        """Say whether the version is in the interval."""
        return (self.start is None or version >= self.start) and not self.is_before(version)

    def is_before(self, version: Version) -> bool:
        """Say whether the whole interval lies before the version.

        A local build (``3.6.0+corp``) of the last affected version is affected, as PEP 440 has it
        for ``<=`` (section "Inclusive ordered comparison").
        """
        if self.end is None:
            return False
        if self.ends_by is Word.LAST_AFFECTED:
            return public(version) > self.end
        return version >= self.end


@lru_cache(maxsize=65536)
def parse_version(text: str) -> Version:
    """Read a version by PEP 440; raise ValueError that names it."""
    # Beyond the limit int() would take quadratic time, or refuse with another error.
    if len(text) <= _MOST_CHARACTERS:
        with suppress(InvalidVersion):
            return Version(text)
    raise ValueError(f"{text[:80]!r} is not a version (PEP 440)")


def public(version: Version) -> Version:
    """Give the version without its local part."""
    return version if version.local is None else parse_version(version.public)


def package_name(text: str) -> str:
    """Normalise a package's name (PEP 503); raise ValueError for what cannot be one."""
    try:
        return canonicalize_name(text, validate=True)
    except InvalidName:
        raise ValueError(f"{text[:80]!r} is not the name of a package (PEP 508)") from None


def intervals(events: Iterable[tuple[Word, str]]) -> tuple[Interval, ...]:
    """Turn the events of one ECOSYSTEM range, in any order, into its intervals.

    Equals the schema's algorithm (section "Evaluation"). Raises ValueError for a version that
    cannot be read and for a range in which nothing is introduced.
    """
    turns: list[tuple[Version | None, Word]] = []
    limits: list[Version | None] = []
    for word, text in events:
        if word is Word.LIMIT:
            limits.append(None if text == _NO_LIMIT else parse_version(text))
        else:
            origin = word is Word.INTRODUCED and text == _ORIGIN
            turns.append((None if origin else parse_version(text), word))
    if not any(word is Word.INTRODUCED for _, word in turns):
        raise ValueError("a range says nowhere what is introduced")
    found = _walk(turns)
    certain = [limit for limit in limits if limit is not None]
    if limits and len(certain) == len(limits):
        found = [cut for one in found if (cut := _cut(one, max(certain))) is not None]
    return tuple(found)


def _walk(turns: list[tuple[Version | None, Word]]) -> list[Interval]:
    found: list[Interval] = []
    started: tuple[Version | None] | None = None
    for at, word in sorted(turns, key=_turn_key):
        if word is Word.INTRODUCED:
            started = started or (at,)
        elif started:
            found.append(Interval(started[0], at, word))
            started = None
    if started:
        found.append(Interval(started[0], None, None))
    return found


def _turn_key(turn: tuple[Version | None, Word]) -> tuple[bool, Version, int]:
    at, word = turn
    return at is not None, at or Version("0"), _ORDER.index(word)


def _cut(interval: Interval, limit: Version) -> Interval | None:
    if interval.start is not None and interval.start >= limit:
        return None
    if interval.end is not None and interval.end < limit:
        return interval
    if interval.end == limit and interval.ends_by is Word.FIXED:
        return interval
    return Interval(interval.start, limit, Word.LIMIT)
