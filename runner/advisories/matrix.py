"""The matrix of advisories and versions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from packaging.version import Version

from runner.advisories.files import DatabaseError
from runner.advisories.findings import Database, Finding, Standing, order
from runner.advisories.osv import Reading, RecordProblem

_MOST_NAMED = 10
"""Problems that a message names one by one."""


@dataclass(frozen=True)
class Cell:
    """A version before an advisory."""

    version: str
    """Normalised (PEP 440)."""
    standing: Standing
    """How it stands."""
    fixed_in: str = ""
    """The fixed version: the one reached for ``fixed``, the one to go to for ``affected``."""


@dataclass(frozen=True)
class Row:
    """A finding that affects at least one of the versions."""

    finding: Finding
    """The finding."""
    cells: tuple[Cell, ...]
    """One for each version, in the order asked."""


@dataclass(frozen=True)
class Matrix:
    """Findings of a package, version by version."""

    package: str
    """Normalised name (PEP 503)."""
    versions: tuple[str, ...]
    """Normalised, each once, in the order asked."""
    rows: tuple[Row, ...]
    """The worst first."""
    considered: int
    """How many findings of the package stand in the database, affecting a version or not."""
    database: Database
    """Where they were read."""
    problems: tuple[RecordProblem, ...]
    """Records that could not be read, none of which is about the package."""

    def totals(self) -> tuple[Counter[Standing], ...]:
        """Count the standings of each version."""
        columns = zip(*(row.cells for row in self.rows), strict=True)
        counted = tuple(Counter(cell.standing for cell in column) for column in columns)
        return counted or tuple(Counter() for _ in self.versions)


def make_matrix(reading: Reading, package: str, versions: Sequence[Version]) -> Matrix:
    """Lay out what a database says of versions of a package, given by its normalised name.

    Raises DatabaseError where the database cannot decide it: a record that may be about the
    package is unreadable, or there is no record of the package at all.
    """
    if concerning := reading.concerning(package):
        raise DatabaseError(
            _problem_list(package, concerning),
            hint="mend or remove the records, or fetch the database anew",
        )
    if package not in reading.known:
        raise DatabaseError(
            f"the advisory database {reading.database.location} has no record of {package}, "
            "so nothing can be said of it",
            hint="check the spelling, or name a fuller database with --database",
        )
    asked = tuple(dict.fromkeys(versions))
    findings = [one for one in reading.findings() if one.package == package]
    rows = [Row(one, tuple(_cell(one, version) for version in asked)) for one in findings]
    return Matrix(
        package,
        tuple(map(str, asked)),
        tuple(sorted(filter(_is_affecting, rows), key=_worst_first)),
        len(findings),
        reading.database,
        reading.problems,
    )


def _cell(finding: Finding, version: Version) -> Cell:
    standing = finding.standing(version)
    telling = standing in {Standing.AFFECTED, Standing.FIXED}
    return Cell(str(version), standing, finding.fixed_in(version) if telling else "")


def _is_affecting(row: Row) -> bool:
    return any(cell.standing is Standing.AFFECTED for cell in row.cells)


def _worst_first(row: Row) -> tuple[float, tuple[tuple[int, str], ...]]:
    return -row.finding.severity.rank, order(row.finding.id)


def _problem_list(package: str, problems: Iterable[RecordProblem]) -> str:
    lines = [f"{one.file}: {one.reason}" for one in problems]
    head = f"{len(lines)} records that may be about {package} cannot be read:"
    more = [f"… and {len(lines) - _MOST_NAMED} more"] if len(lines) > _MOST_NAMED else []
    return "\n  ".join([head.replace("1 records", "1 record"), *lines[:_MOST_NAMED], *more])
