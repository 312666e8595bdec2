"""The source ``osv``: a folder or zip of OSV records, read with no network."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from runner.advisories.files import DatabaseError, File, Limits, opened, shown
from runner.advisories.findings import Advisory, Database, Finding, merge
from runner.advisories.index import Entry, make_index
from runner.advisories.index_cache import load, save
from runner.advisories.record import Record, decode_record

_LIMITS = Limits()
_HERE = Path()


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


class _ChangedError(Exception):
    """A file is no longer what its entry says."""


def read_osv(
    path: Path,
    packages: Iterable[str],
    limits: Limits = _LIMITS,
    *,
    cache: Path | None = None,
    root: Path = _HERE,
) -> Reading:
    """Read a database for some packages, given by their normalised names.

    Raises DatabaseError where it is missing, has no record, or none that can be read: of such a
    database it cannot be said that there are no vulnerabilities. Of several records with one id
    the newest counts. ``cache`` is a folder in which its index is kept, so that the next reading,
    which is equal to one without it, need not look into every file. ``root`` is where a relative
    path is meant from; messages name the path as it was given.
    """
    wanted = frozenset(packages)
    for kept in (load(cache, root / path) if cache else {}, {}):
        with opened(path, limits, root) as files, suppress(_ChangedError):
            index = make_index(path, files, kept, limits)
            reading = _reading(path, files, index, wanted)
            if cache and any(one.stamp and (one.name, one.stamp) not in kept for one in index):
                save(cache, root / path, index)
            return reading
    raise DatabaseError(
        f"the advisory database {path} changes while it is read",
        hint="scan again when nothing writes to it",
    )


def _reading(
    path: Path, files: Sequence[File], index: Sequence[Entry], wanted: frozenset[str]
) -> Reading:
    counting, problems = _counting(index)
    if not counting:
        raise DatabaseError(
            _emptiness(path, problems),
            hint="an empty database says nothing of vulnerabilities; fetch it anew",
        )
    advisories: list[Advisory] = []
    for number, entry in counting.values():
        if chosen := [package for package in entry.packages if package in wanted]:
            record = _again(files[number], entry)
            try:
                advisories.extend([record.advisory(package, entry.name) for package in chosen])
            except ValueError as error:
                problem = RecordProblem(entry.name, str(error), frozenset(entry.packages))
                problems.append(problem)
    entries = [entry for _, entry in counting.values()]
    identity = hashlib.sha256("\n".join(sorted(one.digest for one in index)).encode()).hexdigest()
    newest = max(entries, key=lambda one: one.moment).modified
    return Reading(
        Database("osv", shown(str(path)), identity, newest, len(index)),
        tuple(advisories),
        tuple(sorted(problems, key=lambda one: one.file)),
        frozenset(package for one in entries for package in one.packages),
    )


def _counting(
    index: Sequence[Entry],
) -> tuple[dict[str, tuple[int, Entry]], list[RecordProblem]]:
    """Give the record that counts for each id, with its place in the index, and the problems."""
    found: dict[str, tuple[int, Entry]] = {}
    problems: list[RecordProblem] = []
    for number, entry in enumerate(index):
        if entry.reason:
            problems.append(RecordProblem(entry.name, entry.reason))
            continue
        _, other = found.setdefault(entry.id, (number, entry))
        if other is entry:
            continue
        if other.moment == entry.moment and other.digest != entry.digest:
            reason = f"{entry.id} stands in {other.name} too, with other content of the same date"
            both = frozenset((*entry.packages, *other.packages))
            problems.append(RecordProblem(entry.name, reason, both))
        if other.moment < entry.moment:
            found[entry.id] = number, entry
    return found, problems


def _again(file: File, entry: Entry) -> Record:
    """Read a record that was read when its entry was made; raise where it is another now."""
    data = file.read().data
    if hashlib.sha256(data).hexdigest() != entry.digest:
        raise _ChangedError
    return decode_record(data)


def _emptiness(path: Path, problems: list[RecordProblem]) -> str:
    if not problems:
        return f"the advisory database {path} is empty: it has no *.json file"
    first = f"{problems[0].file}: {problems[0].reason}"
    return f"the advisory database {path} has no record that can be read; {first}"
