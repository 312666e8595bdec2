"""What the JSON documents of scans have in common; keys are OSV's words where it has one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from msgspec import Meta

from runner.advisories.findings import Advisory, Database, order
from runner.advisories.severity import Severity
from runner.advisories.versions import Interval, Word, parse_version
from runner.advisories.vulnerabilities import Vulnerability

Known: TypeAlias = Annotated[str, Meta(min_length=1)] | None
"""A text that may be unknown: then it is null, and never empty."""
_ORIGIN = "0"
_ZERO = "0.0"


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An object of which every key is known."""


class SeverityShape(Shape, frozen=True):
    """A CVSS rating."""

    word: Literal["none", "low", "medium", "high", "critical", "unknown"]
    """As in `Severity`."""
    score: Annotated[float, Meta(ge=0, le=10)] | None
    """Base score; null where nobody rated it."""
    vector: Known
    """With its version."""


class RangeShape(Shape, frozen=True, omit_defaults=True):
    """Versions in a row, as the events of one OSV range; without an end it is open."""

    introduced: str
    """The first affected version; ``0`` is before all."""
    fixed: str | None = None
    """The first version that is not affected any more."""
    last_affected: str | None = None
    """The last affected version; nothing is said of later ones."""
    limit: str | None = None
    """Nothing is said from here on."""


class DatabaseShape(Shape, frozen=True):
    """Where a source looked."""

    source: str
    """The kind of source."""
    location: str
    """A path, or an address."""
    sha256: Known
    """The identity of its content."""
    timestamp: Known
    """The database is at least as new as this; ISO 8601 with offset."""
    records: Annotated[int, Meta(ge=0)]
    """How many files of records it holds."""


class StatementShape(Shape, frozen=True):
    """What one advisory says of the affected versions."""

    id: str
    """The advisory's own id."""
    ranges: tuple[RangeShape, ...]
    """Affected ranges."""
    versions: tuple[str, ...]
    """Affected versions that are listed one by one, in order."""
    withdrawn: Known
    """When it was taken back; null while it stands."""


class AdvisoryShape(StatementShape, frozen=True):
    """An advisory as a source tells it."""

    package: str
    """Normalised name (PEP 503)."""
    aliases: tuple[str, ...]
    """Other ids of the same flaw."""
    severity: SeverityShape
    """The highest of its vectors."""
    cwe_ids: tuple[str, ...]
    """Weaknesses."""
    published: Known
    """ISO 8601 with offset."""
    modified: Known
    """ISO 8601 with offset."""
    references: tuple[str, ...]
    """Links."""
    record: str
    """Its file in the database."""


class VulnerabilityShape(Shape, frozen=True):
    """A flaw of a component, merged over all sources."""

    package: str
    """Normalised name (PEP 503)."""
    version: str
    """The installed version (PEP 440)."""
    id: str
    """A CVE id if there is one."""
    aliases: tuple[str, ...]
    """Its other names, in order."""
    severity: SeverityShape
    """The highest of its advisories'."""
    cwe_ids: tuple[str, ...]
    """Weaknesses."""
    fixed: tuple[str, ...]
    """Every version that is named as fixed, in order."""
    affected_by: dict[str, tuple[StatementShape, ...]]
    """By source that calls the version affected: what it says of the flaw."""
    silent: dict[str, tuple[StatementShape, ...]]
    """By source that looked and does not call it affected, which is a disagreement: the same;
    empty where it does not tell the flaw at all."""


def severity_shape(one: Severity) -> SeverityShape:
    """Give the document's form of a severity."""
    return msgspec.convert(
        {"word": one.word, "score": one.score, "vector": one.vector or None}, SeverityShape
    )


def database_shape(one: Database) -> DatabaseShape:
    """Give the document's form of a database."""
    return DatabaseShape(
        one.source, one.location, one.identity or None, one.timestamp or None, one.records
    )


def advisory_shape(one: Advisory) -> AdvisoryShape:
    """Give the document's form of an advisory."""
    return AdvisoryShape(
        id=one.id,
        ranges=_ranges(one),
        versions=_versions(one),
        withdrawn=one.withdrawn or None,
        package=one.package,
        aliases=one.aliases,
        severity=severity_shape(one.severity),
        cwe_ids=one.cwe,
        published=one.published or None,
        modified=one.modified or None,
        references=one.references,
        record=one.source,
    )


def statement_shapes(advisories: Iterable[Advisory]) -> tuple[StatementShape, ...]:
    """Give what advisories say of versions."""
    return tuple(
        StatementShape(one.id, _ranges(one), _versions(one), one.withdrawn or None)
        for one in advisories
    )


def vulnerability_shape(one: Vulnerability) -> VulnerabilityShape:
    """Give the document's form of a vulnerability."""
    return VulnerabilityShape(
        package=one.package,
        version=one.version,
        id=one.id,
        aliases=tuple(sorted(one.names - {one.id}, key=order)),
        severity=severity_shape(one.severity),
        cwe_ids=one.cwe,
        fixed=one.fixed_versions,
        affected_by={
            name: statement_shapes(finding.advisories) for name, finding in one.findings.items()
        },
        silent={name: statement_shapes(told) for name, told in one.silent.items()},
    )


def range_shape(one: Interval) -> RangeShape:
    """Give the document's form of an interval."""
    # "0" is before all versions, pre-releases of 0 too; the version 0 is spelled otherwise.
    start = _ORIGIN if one.start is None else str(one.start)
    introduced = _ZERO if one.start is not None and start == _ORIGIN else start
    if one.end is None:
        return RangeShape(introduced)
    end = str(one.end)
    match one.ends_by:
        case Word.FIXED:
            return RangeShape(introduced, fixed=end)
        case Word.LAST_AFFECTED:
            return RangeShape(introduced, last_affected=end)
        case _:
            return RangeShape(introduced, limit=end)


def read_range(shape: RangeShape) -> Interval:
    """Read an interval back; raises ValueError for no version and for more than one end."""
    start = None if shape.introduced == _ORIGIN else parse_version(shape.introduced)
    words = (Word.FIXED, Word.LAST_AFFECTED, Word.LIMIT)
    ends = [(word, text) for word in words if (text := getattr(shape, word.value)) is not None]
    if not ends:
        return Interval(start, None, None)
    if len(ends) > 1:
        raise ValueError("a range has more than one end")
    word, text = ends[0]
    return Interval(start, parse_version(text), word)


def as_json(document: Shape) -> bytes:
    """Give indented JSON with a line break at its end."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def schema_of(shape: type[Shape], urn: str, title: str) -> dict[str, Any]:
    """Give a JSON Schema (draft 2020-12), made from the type itself."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": urn,
        "title": title,
        **msgspec.json.schema(shape),
    }


def _ranges(one: Advisory) -> tuple[RangeShape, ...]:
    return tuple(range_shape(interval) for interval in one.intervals)


def _versions(one: Advisory) -> tuple[str, ...]:
    return tuple(str(version) for version in sorted(one.versions))
