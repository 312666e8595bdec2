"""The source ``osv``: OSV records of the repository, read with no network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from runner.advisories.inventory import Inventory
from runner.advisories.osv import RecordProblem, read_osv
from runner.advisories.sources.base import Door, Problem, Report
from runner.advisories.tools import cache

Covers: TypeAlias = Literal["named", "all"]
"""What a database tells of a package without a record: nothing, or that it has no advisory."""

_UNNAMED = "the database has no record of it"


@dataclass(frozen=True)
class Osv:
    """An offline database of OSV records."""

    path: str
    """A folder or zip, relative to the repository."""
    covers: Covers = "named"
    """``all`` says that it is an export of the whole ecosystem, so that a package without a record
    has been looked at; of any other database such a package is skipped, for nobody knows."""

    def __post_init__(self) -> None:
        """Raise ValueError for what a database cannot cover."""
        if self.covers not in get_args(Covers):
            raise ValueError(f"covers is {' or '.join(get_args(Covers))}, not {self.covers!r}")

    @property
    def name(self) -> str:
        """As in `Report.source`."""
        return "osv"

    def describe(self) -> str:
        """Say on one line what would be asked."""
        return f"look the packages up in the OSV records of {self.path}"

    def scan(self, inventory: Inventory, door: Door) -> Report:
        """Look every component up; raises DatabaseError for a database that cannot be used."""
        names = [one.name for one in inventory.components]
        kept = cache(door.env) / "advisories"
        reading = read_osv(Path(self.path), names, cache=kept, root=door.repository)
        audited = [one for one in names if self.covers == "all" or one in reading.known]
        return Report(
            source=self.name,
            tool="",
            database=reading.database,
            advisories=reading.advisories,
            audited=tuple(audited),
            skipped={one: _UNNAMED for one in names if one not in audited},
            complete=True,
            problems=tuple(map(problem_of, reading.problems)),
        )


def problem_of(one: RecordProblem) -> Problem:
    """Give the problem of a record as that of a source."""
    packages = None if one.packages is None else tuple(sorted(one.packages))
    return Problem(one.file, one.reason, packages)
