"""Records that people look for: the image, backups, the schema's revision, the rehearsal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeAlias

import msgspec

from runner.errors import DossierError
from runner.model import Artifact
from runner.model.rehearsed import NAME as REHEARSAL
from runner.model.rehearsed import Migration, Rehearsed
from runner.reporters.html.checks import artifacts_of
from runner.reporters.html.evidence import Evidence, read
from runner.reporters.html.words import link, moment, size
from runner.reporters.text import count, duration

Facts: TypeAlias = tuple[tuple[str, str], ...]
"""Name and value of each."""

_ENDINGS: Final = ("backup.json", "snapshot.json")
"""Of the names of a check's files that are records: what a program told of a copy that it made."""
_FORMATS: Final = frozenset({"schema", "format"})
"""Keys that tell programs how to read a record, and people nothing."""
_LARGEST: Final = 1 << 16
"""Bytes of such a record; a larger one is data."""


class Record(msgspec.Struct, frozen=True):
    """A record."""

    title: str
    """What it is about."""
    path: str
    """In the dossier."""
    facts: Facts
    """What it says, the most important first."""


class _Image(msgspec.Struct, frozen=True):
    """What is read of ``image.json``."""

    reference: str
    digest: str
    size: int
    version: str | None = None
    user: str = ""
    created: str | None = None
    platform: str | None = None
    engine: str = ""


class _Table(msgspec.Struct, frozen=True):
    rows: int


class _Contents(msgspec.Struct, frozen=True):
    revision: str
    tables: tuple[_Table, ...]


class _Backup(msgspec.Struct, frozen=True):
    """What is read of ``database-backup.json``."""

    version: str
    database: str
    server: str
    contents: _Contents
    path: str
    bytes: int
    sha256: str
    begun: str
    verified: str


class _Revision(msgspec.Struct, frozen=True):
    """What is read of ``database-before.json`` and ``database-after.json``."""

    version: str
    database: str
    server: str
    revision: str
    told: str


def records(evidence: Evidence) -> tuple[Record, ...]:
    """Read every record of a dossier; raises DossierError for one that cannot be read."""
    return (*_of_the_dossier(evidence.live), *_of_checks(evidence))


def _of_the_dossier(live: Path) -> Iterator[Record]:
    for name, (title, read_facts) in _KNOWN.items():
        if (path := live / name).is_file():
            yield Record(title, name, tuple((k, v) for k, v in read_facts(path) if v))


def _image(path: Path) -> Facts:
    told = read(path, _Image)
    return (
        ("Image", told.reference),
        ("Digest", told.digest),
        ("Version told by it", told.version or ""),
        ("Runs as", told.user or "root"),
        ("Size", size(told.size)),
        ("Built", moment(told.created) if told.created else ""),
        ("Platform", told.platform or ""),
        ("Told by", told.engine),
    )


def _backup(path: Path) -> Facts:
    told = read(path, _Backup)
    rows = sum(one.rows for one in told.contents.tables)
    return (
        ("Database", told.database),
        ("Server", told.server),
        ("Version", told.version),
        ("Schema revision", told.contents.revision or "none"),
        ("Holds", f"{count(rows, 'row')} in {count(len(told.contents.tables), 'table')}"),
        ("Restored and found equal", moment(told.verified)),
        ("Dump", f"{told.path}, {size(told.bytes)}"),
        ("SHA-256", told.sha256),
        ("Begun", moment(told.begun)),
    )


def _revision(path: Path) -> Facts:
    told = read(path, _Revision)
    return (
        ("Revision", told.revision),
        ("Database", told.database),
        ("Server", told.server),
        ("Version", told.version),
        ("Looked at", moment(told.told)),
    )


def _rehearsal(path: Path) -> Facts:
    told = read(path, Rehearsed)
    there, back = told.outage.forward, told.outage.back
    changed = ", ".join(one.what for one in told.kept if not one.same)
    kept = f"changed meanwhile: {changed}" if changed else "byte for byte as before"
    return (
        ("Verdict", f"{told.verdict.value}{told.reason and ': '}{told.reason}"),
        ("Of", f"{told.package} {told.before} to {told.after}"),
        ("Nobody is served for", "" if there is None else duration(there)),
        ("The way back takes", "" if back is None else duration(back)),
        ("Migration", _migration(told.migration) if told.migration else ""),
        ("Rollback", "" if told.restored is None else _RESTORED[told.restored]),
        ("What it was rehearsed on", kept if told.kept else ""),
        ("Took", f"{duration(told.duration)}, of which the runner's own {duration(told.own)}"),
    )


_RESTORED: Final = {True: "every row and artifact is back", False: "not everything is back"}


def _migration(told: Migration) -> str:
    revisions = f"revision {told.revision_before} to {told.revision_after}"
    tables = count(len(told.tables), "table")
    return f"{revisions}, {tables} changed; {told.rows_before} rows before, {told.rows_after} after"


_KNOWN: Final[dict[str, tuple[str, Callable[[Path], Facts]]]] = {
    REHEARSAL: ("Rehearsal", _rehearsal),
    "image.json": ("Container image", _image),
    "database-backup.json": ("Database backup", _backup),
    "database-before.json": ("Schema before", _revision),
    "database-after.json": ("Schema after", _revision),
}
"""Path in the dossier to the record's title, and how it is read."""


def _of_checks(evidence: Evidence) -> Iterator[Record]:
    for run in evidence.stages:
        for result in run.results:
            for one in artifacts_of(result):
                if _tells(one):
                    yield Record(result.area or result.check, one.path, _told(one, evidence))


def _tells(one: Artifact) -> bool:
    """Say whether a check's file is a record, and none of those that are known by name."""
    named = one.path.endswith(_ENDINGS) and one.path not in _KNOWN
    return named and one.size <= _LARGEST and link(one.path) != ""


def _told(artifact: Artifact, evidence: Evidence) -> Facts:
    """Give the texts, numbers and answers of a JSON object; nothing of what is none."""
    try:
        told = read(evidence.live / artifact.path, dict[str, object])
    except DossierError:
        return ()  # a check has written it, and may have been ended meanwhile
    return tuple(
        (name.replace("_", " ").capitalize(), _word(value))
        for name, value in told.items()
        if isinstance(value, str | int | float) and value != "" and name not in _FORMATS
    )


def _word(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
