"""A database for safety, made of OSV records."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.advisories.export.safety_format import (
    FULL,
    INDEX,
    META,
    PACKAGES,
    THREE,
    TWO,
    Entry,
    Schema,
    full,
    index,
)
from runner.advisories.findings import Database, Finding
from runner.advisories.osv import Reading, RecordProblem, read_osv
from runner.advisories.specifiers import from_interval
from runner.errors import RunnerError
from runner.files import replace_file


class ExportError(RunnerError):
    """The database cannot be written, or there is nothing to write."""


@dataclass(frozen=True)
class Exported:
    """A database that was written."""

    folder: Path
    """Where it is."""
    schema: Schema
    """Which safety reads it."""
    database: Database
    """What it was made of."""
    packages: frozenset[str]
    """Which packages it knows, those without a flaw too."""
    entries: int
    """How many flaws of them."""
    problems: tuple[RecordProblem, ...]
    """What is not in it: records that could not be read, or not be said in its format."""


def export(path: Path, schema: Schema, folder: Path) -> Exported:
    """Write all that a folder or zip of OSV records says of Python packages.

    Raises DatabaseError where it cannot be read, and ExportError where nothing stands in it or the
    folder cannot be written.
    """
    known = read_osv(path, ()).known
    reading = read_osv(path, known)
    if not reading.findings():
        raise ExportError(
            f"the advisory database {path} has no advisory of a Python package that stands",
            hint="name a folder or zip of OSV records of the ecosystem PyPI",
        )
    return write(reading, known, schema, folder)


def write(reading: Reading, packages: Collection[str], schema: Schema, folder: Path) -> Exported:
    """Write what was read of the packages that were asked for, which may be nothing.

    A flaw whose versions cannot be said in the format is left out and named as a problem. Raises
    ExportError where the folder cannot be written, or has other files of the same names.
    """
    tables: dict[str, list[Entry]] = {name: [] for name in reading.known.intersection(packages)}
    problems = list(reading.problems)
    for finding in reading.findings():
        try:
            entry = Entry(finding, _specifiers(finding))
        except ValueError as error:
            problems.append(_problem(finding, error))
        else:
            tables[finding.package].append(entry)
    _prepare(folder)
    # The index comes last: without it, safety has no database.
    _save(folder / FULL, full(tables, schema, reading.database))
    _save(folder / INDEX, index(tables, schema, reading.database))
    entries = sum(map(len, tables.values()))
    known = frozenset(tables)
    return Exported(folder, schema, reading.database, known, entries, tuple(problems))


def _specifiers(finding: Finding) -> tuple[str, ...]:
    """Give every range and every listed version of a flaw, each once."""
    ranges = (one for advisory in finding.advisories for one in advisory.intervals)
    listed = {version for advisory in finding.advisories for version in advisory.versions}
    said = [*map(from_interval, ranges), *(f"=={version}" for version in sorted(listed))]
    return tuple(dict.fromkeys(said))


def _problem(finding: Finding, error: ValueError) -> RecordProblem:
    files = ", ".join(one.source for one in finding.advisories)
    return RecordProblem(files, f"{finding.id}: {error}", frozenset({finding.package}))


def _prepare(folder: Path) -> None:
    """Make the folder; refuse one whose files of these names are no safety database."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(folder, error) from error
    for path in (folder / INDEX, folder / FULL):
        if os.path.lexists(path) and not _is_database(path):
            raise ExportError(
                f"{path} is there already, and is no safety database",
                hint="name an empty folder, or remove the file",
            )


def _is_database(path: Path) -> bool:
    try:
        content = msgspec.json.decode(path.read_bytes(), type=dict[str, msgspec.Raw])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return False
    return META[TWO] in content or {META[THREE], PACKAGES} <= content.keys()


def _save(path: Path, document: Mapping[str, object]) -> None:
    """Write a file whole or not at all; the same facts have the same bytes."""
    data = msgspec.json.format(msgspec.json.encode(document, order="sorted"), indent=1)
    try:
        replace_file(path, data + b"\n")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> ExportError:
    message = f"cannot write {path}: {error.strerror}"
    return ExportError(message, hint="free some space, or name another folder")
