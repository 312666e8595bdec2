"""One OSV record: from bytes to advisories, strictly.

Shapes are those of the OSV schema 1.7. What the schema allows and nobody reads here is passed over;
what could hide that a version is affected is an error of the record.

They are msgspec's structs and no dataclasses: of a large database thousands are read in one go, and
a struct is read in half the time.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta
from packaging.version import Version

from runner.advisories.findings import Advisory
from runner.advisories.severity import read_vector, worst
from runner.advisories.versions import Interval, Word, intervals, package_name, parse_version

_ECOSYSTEM = "pypi"
_CWE = re.compile(r"CWE-\d{1,6}")

Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}\Z")]
"""An id of an advisory; nothing that moves a cursor or leaves a folder."""
Time = Annotated[datetime, Meta(tz=True)]
"""RFC 3339 with an offset."""


class RecordedEvent(msgspec.Struct, frozen=True, gc=False):
    """``affected[].ranges[].events[]``: exactly one of the four."""

    introduced: str | None = None
    """First affected version; ``0`` is before all."""
    fixed: str | None = None
    """First version that is not affected."""
    last_affected: str | None = None
    """Last affected version."""
    limit: str | None = None
    """Nothing is said from here on; ``*`` is no limit."""


class RecordedRange(msgspec.Struct, frozen=True, gc=False):
    """``affected[].ranges[]``."""

    type: str
    """``ECOSYSTEM``, ``SEMVER`` or ``GIT``; only the first has an order for PyPI."""
    events: tuple[RecordedEvent, ...]
    """In any order."""


class RecordedPackage(msgspec.Struct, frozen=True, gc=False):
    """``affected[].package``."""

    ecosystem: str
    """``PyPI``, and many others."""
    name: str
    """As its ecosystem spells it."""


class RecordedSeverity(msgspec.Struct, frozen=True, gc=False):
    """``severity[]``."""

    type: str
    """``CVSS_V3``, ``CVSS_V4``, …"""
    score: str
    """A vector."""


class RecordedAffected(msgspec.Struct, frozen=True, gc=False):
    """``affected[]``."""

    package: RecordedPackage | None = None
    """None for a record of commits only."""
    ranges: tuple[RecordedRange, ...] | None = None
    """Affected ranges."""
    versions: tuple[str, ...] | None = None
    """Affected versions."""
    severity: tuple[RecordedSeverity, ...] | None = None
    """Instead of that of the record."""


class RecordedReference(msgspec.Struct, frozen=True, gc=False):
    """``references[]``."""

    url: str
    """A link."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record, as much of it as is read here."""

    id: Id
    """Unique in its database."""
    modified: Time
    """Last change."""
    affected: tuple[RecordedAffected, ...] | None = None
    """What is affected."""
    aliases: tuple[Id, ...] | None = None
    """Other ids of the same flaw."""
    published: Time | None = None
    """First appearance."""
    withdrawn: Time | None = None
    """When it was taken back."""
    severity: tuple[RecordedSeverity, ...] | None = None
    """Severity of the whole record."""
    references: tuple[RecordedReference, ...] | None = None
    """Links."""
    database_specific: dict[str, object] | None = None
    """Of it only ``cwe_ids`` is read, which the GitHub Advisory Database has there."""

    @property
    def changed(self) -> str:
        """The time of its last change, ISO 8601 with offset."""
        return _time(self.modified)

    def packages(self) -> frozenset[str]:
        """Give the normalised names of its PyPI packages; raise ValueError for one that is none."""
        return frozenset(package_name(one.name) for one in self._python())

    def _python(self) -> Iterator[RecordedPackage]:
        for one in self.affected or ():
            if one.package and one.package.ecosystem.split(":")[0].casefold() == _ECOSYSTEM:
                yield one.package

    def advisory(self, package: str, source: str) -> Advisory:
        """Give what it says of one of its packages; raise ValueError where that is not decidable.

        Withdrawn records are not evaluated, for nothing of them counts any more.
        """
        mine = [one for one in self.affected or () if one.package and _is(one.package, package)]
        ranges: list[Interval] = []
        versions: set[Version] = set()
        for one in mine if self.withdrawn is None else ():
            ranges.extend(_intervals(one))
            versions.update(parse_version(text) for text in one.versions or ())
        vectors = [score for one in mine for score in one.severity or self.severity or ()]
        return Advisory(
            id=self.id,
            package=package,
            aliases=tuple(name for name in self.aliases or () if name != self.id),
            intervals=tuple(ranges),
            versions=frozenset(versions),
            severity=worst(read_vector(one.score) for one in vectors),
            cwe=_cwe(self.database_specific or {}),
            published=_time(self.published),
            modified=self.changed,
            withdrawn=_time(self.withdrawn),
            references=tuple(one.url for one in self.references or ()),
            source=source,
        )


def decode_record(data: bytes) -> Record:
    """Decode what `read_record` has read before."""
    return _DECODER.decode(data)


def read_record(data: bytes) -> Record:
    """Read a record; raise ValueError for what is no JSON, no OSV record, or ambiguous."""
    try:
        record = _DECODER.decode(data)
        if not _is_plain(data):
            json.loads(data, object_pairs_hook=_no_doubles)
    except msgspec.ValidationError as error:
        raise ValueError(f"not an OSV record: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"not JSON: {error}") from error
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return record


_DECODER = msgspec.json.Decoder(Record)


def _is(package: RecordedPackage, name: str) -> bool:
    ecosystem = package.ecosystem.split(":")[0].casefold()
    return ecosystem == _ECOSYSTEM and package_name(package.name) == name


def _intervals(affected: RecordedAffected) -> list[Interval]:
    """Evaluate the ECOSYSTEM ranges; GIT and SEMVER ranges have no order of PyPI versions."""
    ordered = [one for one in affected.ranges or () if one.type == "ECOSYSTEM"]
    if not ordered and not affected.versions:
        raise ValueError("has neither an ECOSYSTEM range nor a list of versions for its package")
    return [found for one in ordered for found in intervals(map(_event, one.events))]


def _event(event: RecordedEvent) -> tuple[Word, str]:
    said = [(word, text) for word in Word if (text := getattr(event, word.value)) is not None]
    if len(said) != 1:
        known = ", ".join(sorted(Word))
        raise ValueError(f"an event says {len(said)} of {known}, not one")
    return said[0]


def _cwe(specific: dict[str, object]) -> tuple[str, ...]:
    names = specific.get("cwe_ids")
    listed = names if isinstance(names, list) else []
    return tuple(name for name in listed if isinstance(name, str) and _CWE.fullmatch(name))


def _is_plain(data: bytes) -> bool:
    """Say whether nothing is lost when it is read and written again, so that no key is doubled.

    Most records are plain, and this takes a fifth of the time of the look at each object.
    """
    try:
        return msgspec.json.encode(msgspec.json.decode(data)) == msgspec.json.format(
            data, indent=-1
        )
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False


def _time(moment: datetime | None) -> str:
    return "" if moment is None else moment.isoformat().replace("+00:00", "Z")


def _no_doubles(pairs: Sequence[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {double[:80]!r} stands twice in one object")
    return found
