"""The source ``osv``: a folder or zip of OSV records, read with no network."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from runner.advisories.files import DatabaseError, File, Limits, files, shown
from runner.advisories.findings import Advisory, Database, Finding, merge
from runner.advisories.record import Record, read_record

_LIMITS = Limits()


@dataclass(frozen=True)
class RecordProblem:
    """A record that could not be read, or not evaluated."""

    file: str
    """Its path in the database."""
    reason: str
    """What is wrong with it."""
    packages: frozenset[str] | None = None
    """The packages that it names, normalised; None where not even that could be read."""

    def concerns(self, package: str) -> bool:
        """Say whether it may be about a package; of an unreadable record nobody knows."""
        return self.packages is None or package in self.packages


@dataclass(frozen=True)
class Reading:
    """What a database says of the packages that were asked for."""

    database: Database
    """Its identity."""
    advisories: tuple[Advisory, ...]
    """Those of the packages, the withdrawn ones too."""
    problems: tuple[RecordProblem, ...]
    """Every record that could not be read, of whatever package; ranges and versions are evaluated
    only for the packages that were asked for."""
    known: frozenset[str]
    """Every package that the database names, normalised."""

    def findings(self) -> tuple[Finding, ...]:
        """Join the advisories that stand; withdrawn ones are left out."""
        return merge((one for one in self.advisories if not one.withdrawn), self.database)

    def concerning(self, package: str) -> tuple[RecordProblem, ...]:
        """Give the problems that may hide an advisory of a package."""
        return tuple(one for one in self.problems if one.concerns(package))


@dataclass(frozen=True)
class _Entry:
    """The record that counts for an id."""

    file: str
    modified: datetime
    digest: str
    packages: frozenset[str]
    advisories: tuple[Advisory, ...]


@dataclass
class _Reader:
    """Takes one file after another; keeps of each only what was asked for."""

    wanted: Collection[str]
    entries: dict[str, _Entry] = field(default_factory=dict)
    problems: list[RecordProblem] = field(default_factory=list)
    digests: list[str] = field(default_factory=list)

    def take(self, file: File) -> None:
        """Read a file; what is wrong with it becomes a problem."""
        digest = hashlib.sha256(file.data).hexdigest()
        self.digests.append(digest)
        packages: frozenset[str] | None = None
        try:
            record = _read(file)
            packages = record.packages()
            self._keep(record, file.name, digest, packages)
        except ValueError as error:
            self.problems.append(RecordProblem(file.name, str(error), packages))

    def _keep(self, record: Record, name: str, digest: str, packages: frozenset[str]) -> None:
        chosen = sorted(packages.intersection(self.wanted))
        advisories = tuple(record.advisory(package, name) for package in chosen)
        entry = _Entry(name, record.modified, digest, packages, advisories)
        other = self.entries.setdefault(record.id, entry)
        if other.modified == entry.modified and other.digest != digest:
            reason = f"{record.id} stands in {other.file} too, with other content of the same date"
            self.problems.append(RecordProblem(name, reason, packages | other.packages))
        if other.modified < entry.modified:
            self.entries[record.id] = entry


def read_osv(path: Path, packages: Iterable[str], limits: Limits = _LIMITS) -> Reading:
    """Read a database for some packages, given by their normalised names.

    Raises DatabaseError where it is missing, has no record, or none that can be read: of such a
    database it cannot be said that there are no vulnerabilities. Of several records with one id
    the newest counts.
    """
    reader = _Reader(frozenset(packages))
    for file in files(path, limits):
        reader.take(file)
    if not reader.entries:
        raise DatabaseError(
            _emptiness(path, reader.problems),
            hint="an empty database says nothing of vulnerabilities; fetch it anew",
        )
    entries = reader.entries.values()
    identity = hashlib.sha256("\n".join(sorted(reader.digests)).encode()).hexdigest()
    newest = max(one.modified for one in entries).isoformat().replace("+00:00", "Z")
    return Reading(
        Database("osv", shown(str(path)), identity, newest, len(reader.digests)),
        tuple(advisory for one in entries for advisory in one.advisories),
        tuple(reader.problems),
        frozenset().union(*(one.packages for one in entries)),
    )


def _read(file: File) -> Record:
    if file.error:
        raise ValueError(file.error)
    return read_record(file.data)


def _emptiness(path: Path, problems: list[RecordProblem]) -> str:
    if not problems:
        return f"the advisory database {path} is empty: it has no *.json file"
    first = f"{problems[0].file}: {problems[0].reason}"
    return f"the advisory database {path} has no record that can be read; {first}"
