"""The two schemas of safety's databases, as plain data.

Read from the sources of safety 2.3.5 and 3.7.0 (``safety.py``: ``check``, ``get_cve_from``,
``get_vulnerability_from``). Both are a folder of two files: the index has the specifiers of each
package, by which versions are looked up, and the full file has what is told of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from runner.advisories.findings import Database, Finding, order
from runner.advisories.severity import UNRATED, Severity

Schema: TypeAlias = Literal[2, 3]
"""Named after the major version of safety that reads it."""
TWO: Final = 2
"""``{"$meta": …, package: […]}``."""
THREE: Final = 3
"""``{"meta": …, "vulnerable_packages": {package: […]}}``."""
INDEX = "insecure.json"
"""The file of specifiers."""
FULL = "insecure_full.json"
"""The file of entries."""
META = {TWO: "$meta", THREE: "meta"}
"""The key of what is said of the database itself."""
PACKAGES = "vulnerable_packages"
"""The key of the packages in schema 3; in schema 2 they stand beside ``$meta``."""
_VERSION = "2.0.0"
"""What safety 3 demands as ``meta.schema_version`` (``constants.py``: JSON_SCHEMA_VERSION)."""
_DOMAIN = "https://osv.dev"
_PATH = "/vulnerability/"
"""After the domain: the link that safety gives for an entry."""

Tables: TypeAlias = Mapping[str, Sequence["Entry"]]
"""Entries by normalised name of the package."""


@dataclass(frozen=True)
class Entry:
    """A flaw of a package: records that are aliases of each other stand in one."""

    finding: Finding
    """What is told."""
    specs: tuple[str, ...]
    """Its affected versions, as specifiers."""


def index(tables: Tables, schema: Schema, database: Database) -> dict[str, object]:
    """Give the file of specifiers, each once, for safety 2 counts a flaw again for a second one."""
    specs = {
        package: list(dict.fromkeys(spec for one in entries for spec in one.specs))
        for package, entries in tables.items()
    }
    return _document(specs, _meta(schema, database), schema)


def full(tables: Tables, schema: Schema, database: Database) -> dict[str, object]:
    """Give the file of entries."""
    told = {name: [_entry(one, schema) for one in entries] for name, entries in tables.items()}
    ratings = "cve" if schema == TWO else "severities"
    return _document(told, {**_meta(schema, database), ratings: _ratings(tables)}, schema)


def _document(
    packages: Mapping[str, object], meta: dict[str, object], schema: Schema
) -> dict[str, object]:
    beside = {PACKAGES: packages} if schema == THREE else packages
    return {META[schema]: meta, **beside}


def _meta(schema: Schema, database: Database) -> dict[str, object]:
    meta: dict[str, object] = {
        "advisory": "Made of OSV records by upgrade-runner.",
        "base_domain": _DOMAIN,
        "sha256": database.identity,
        "timestamp": int(datetime.fromisoformat(database.timestamp).timestamp()),
    }
    return {**meta, "schema_version": _VERSION} if schema == THREE else meta


def _ratings(tables: Tables) -> dict[str, object]:
    """Give the severities by name; CVSS 4 has no place of its own here, its vector tells it."""
    worst: dict[str, Severity] = {}
    for one in (entry.finding for entries in tables.values() for entry in entries):
        name = _name(one)
        worst[name] = max(worst.get(name, UNRATED), one.severity, key=lambda found: found.rank)
    return {
        name: {
            "cvssv2": None,
            "cvssv3": {
                "base_score": one.score,
                "base_severity": one.word.upper(),
                "vector_string": one.vector,
            },
        }
        for name, one in worst.items()
        if one.score is not None
    }


def _entry(entry: Entry, schema: Schema) -> dict[str, object]:
    finding, identity = entry.finding, entry.finding.advisories[0].id
    links = dict.fromkeys(url for one in finding.advisories for url in one.references)
    published = (one.published for one in finding.advisories if one.published)
    common: dict[str, object] = {
        "advisory": ", ".join(sorted(finding.names, key=order)),
        "fixed_versions": list(finding.fixed_versions),
        "more_info_path": f"{_PATH}{identity}",
        "published_date": min(published, default=None),
        "specs": list(entry.specs),
        "vulnerability_resources": list(links),
    }
    name = _name(finding)
    if schema == TWO:
        return {**common, "id": identity, "cve": name}
    kind = "cve" if name.startswith("CVE-") else "pve"
    return {**common, "ids": [{"type": "pyup", "id": identity}, {"type": kind, "id": name}]}


def _name(finding: Finding) -> str:
    """Give the name under which safety keeps a severity: the first CVE id, or the entry's own."""
    named = (name for name in sorted(finding.names, key=order) if name.startswith("CVE-"))
    return next(named, finding.advisories[0].id)
