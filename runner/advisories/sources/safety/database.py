"""A local database of safety, looked through before safety looks into it.

safety believes its database: 2.3.5 finds nothing in one of the other schema and ends with 0, and
both say nothing of a specifier that only one of the two files has. So all that is checked here.
"""

from __future__ import annotations

import hashlib
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from runner.advisories.export.safety_format import FULL, INDEX, META, PACKAGES, THREE, TWO, Schema
from runner.advisories.files import shown
from runner.advisories.findings import Database
from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import SourceError
from runner.advisories.sources.osv import Covers
from runner.advisories.specifiers import to_affected
from runner.advisories.tools import Tool, harmless
from runner.advisories.versions import package_name

T = TypeVar("T")

_MOST_BYTES = 512 << 20
"""Of one file; far above any real one (2026: 0.1 GB)."""
_MOST_WORDS = 200
PASSED_OVER = "safety passes over pre-releases with this database"
"""Why a pre-release is not seen: by a specifier that names none, safety 2 does not find it."""
_MEND = "make it anew: runner advisories export --to safety-db --schema {}"


class _Id(msgspec.Struct, frozen=True):
    """``ids[]`` of schema 3."""

    type: str
    id: str | int


class _Entry(msgspec.Struct, frozen=True):
    """What stands for a flaw in `FULL`: ``id`` in schema 2, ``ids`` in schema 3."""

    specs: tuple[str, ...]
    id: str = ""
    ids: tuple[_Id, ...] = ()

    @property
    def identity(self) -> str:
        """Give the id that safety reports; empty where it finds none."""
        told = (str(one.id) for one in self.ids if one.type == "pyup")
        return self.id or next(told, "")


class Meta(msgspec.Struct, frozen=True):
    """``$meta`` and ``meta``."""

    timestamp: int | float | str | None = None
    """Seconds since 1970 in the real ones."""


@dataclass(frozen=True)
class Local:
    """A database that safety can be let into."""

    folder: Path
    """Where it is."""
    database: Database
    """Its identity."""
    specs: Mapping[str, tuple[str, ...]]
    """Its specifiers by the name of the package, as it spells that."""
    covers: Covers
    """What it tells of a package that it does not name."""

    def blind(self, inventory: Inventory) -> dict[str, str]:
        """Name the components that safety cannot see with it, with the reason."""
        odd = {right: name for name in self.specs if (right := _normal(name)) != name}
        told = ((one.name, self._why_blind(one, odd)) for one in inventory.components)
        return {name: why for name, why in told if why}

    def _why_blind(self, component: Component, odd: Mapping[str, str]) -> str:
        name = component.name
        if name in odd:
            return f"the database spells it {shown(odd[name])!r}, where safety does not find it"
        if name not in self.specs:
            return "" if self.covers == "all" else "the database has no record of it"
        closed = [one for one in self.specs[name] if not _lets_pre_releases_in(one)]
        return PASSED_OVER if component.parsed.is_prerelease and closed else ""


def schema_of(tool: Tool) -> Schema:
    """Say which schema a safety reads: that of its major version."""
    return TWO if tool.version.startswith("2.") else THREE


def read_local(folder: Path, location: str, covers: Covers, tool: Tool) -> Local:
    """Look through a database; raises SourceError where safety would be misled by it."""
    schema = schema_of(tool)
    data = {name: _read(folder / name, f"{location}/{name}") for name in (FULL, INDEX)}
    full, index = (_fit(one, f"{location}/{name}", tool, schema) for name, one in data.items())
    try:
        specs = packages(index, schema, tuple[str, ...])
        entries = packages(full, schema, tuple[_Entry, ...])
        meta = msgspec.json.decode(index[META[schema]], type=Meta)
    except msgspec.ValidationError as error:
        what = harmless(str(error))[:_MOST_WORDS]
        raise SourceError(
            f"{location} is not as {tool} reads it: {what}", hint=_MEND.format(schema)
        ) from error
    _agree(specs, entries, location, schema)
    identity = hashlib.sha256(b"".join(hashlib.sha256(one).digest() for one in data.values()))
    records = sum(map(len, entries.values()))
    time = moment(meta.timestamp)
    database = Database(tool.name, shown(location), identity.hexdigest(), time, records)
    return Local(folder, database, specs, covers)


def _read(path: Path, place: str) -> bytes:
    try:
        about = path.stat()
        if stat.S_ISREG(about.st_mode) and about.st_size <= _MOST_BYTES:
            return path.read_bytes()
        why = f"not a plain file of at most {_MOST_BYTES} bytes"
    except OSError as error:
        why = error.strerror or "no reason given"
    hint = f"a database of safety is a folder with {INDEX} and {FULL}"
    raise SourceError(f"{place} cannot be read: {why}", hint=hint)


def _fit(data: bytes, place: str, tool: Tool, schema: Schema) -> dict[str, msgspec.Raw]:
    """Refuse the other schema, and what has neither."""
    try:
        content = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        hint = "it may be cut short; fetch it again"
        raise SourceError(f"{place} is no JSON object: {error}", hint=hint) from error
    found = THREE if PACKAGES in content else TWO if META[TWO] in content else None
    if found == schema and META[schema] in content:
        return content
    what = f"has the schema of safety {found}.x" if found else "is no database of safety"
    raise SourceError(
        f"{place} {what}, and {tool} reads that of safety {schema}.x only",
        hint=_MEND.format(schema),
    )


def packages(content: Mapping[str, msgspec.Raw], schema: Schema, shape: type[T]) -> dict[str, T]:
    """Read what a file says of each package; raises KeyError and msgspec.ValidationError."""
    if schema == THREE:
        return msgspec.json.decode(content[PACKAGES], type=dict[str, shape])  # type: ignore[valid-type]
    named = ((name, raw) for name, raw in content.items() if name != META[TWO])
    return {name: msgspec.json.decode(raw, type=shape) for name, raw in named}


def _agree(
    specs: Mapping[str, tuple[str, ...]],
    entries: Mapping[str, tuple[_Entry, ...]],
    location: str,
    schema: Schema,
) -> None:
    """Refuse a database of nothing, and one whose two files do not tell the same."""
    if not any(specs.values()):
        raise SourceError(
            f"the database {location} is empty: it knows no package",
            hint="an empty database says nothing of vulnerabilities; " + _MEND.format(schema),
        )
    for name in sorted(specs.keys() | entries.keys()):
        mine = entries.get(name, ())
        ids = [one.identity for one in mine]
        if set(specs.get(name, ())) != {spec for one in mine for spec in one.specs}:
            what = f"{INDEX} and {FULL} do not name the same versions"
        elif not all(ids) or len(set(ids)) != len(ids):
            what = "two entries have one id, or one has none"
        else:
            continue
        raise SourceError(
            f"in the database {location}, {what} for {shown(name)}: safety would find too little",
            hint=_MEND.format(schema),
        )


def _lets_pre_releases_in(spec: str) -> bool:
    """Say so of a specifier that names one, and of a single version, which misses none."""
    try:
        named = bool(SpecifierSet(spec).prereleases)
    except InvalidSpecifier:
        return False
    return named or isinstance(to_affected(spec, ()), Version)


def _normal(name: str) -> str:
    try:
        return package_name(name)
    except ValueError:
        return name


def moment(timestamp: float | str | None) -> str:
    """Give seconds since 1970, or a text with an offset, as ISO 8601; empty for all else."""
    try:
        if isinstance(timestamp, str):
            moment = datetime.fromisoformat(timestamp)
            return timestamp if moment.tzinfo else ""
        if timestamp is not None:
            moment = datetime.fromtimestamp(timestamp, UTC)
            return moment.isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError, OSError):
        pass
    return ""
