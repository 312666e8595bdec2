"""The source: which database, one run, and what its report says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

from runner.advisories.export.safety_db import write
from runner.advisories.export.safety_format import THREE
from runner.advisories.files import shown
from runner.advisories.inventory import Inventory
from runner.advisories.osv import read_osv
from runner.advisories.sources.base import Door, Problem, Report, SourceError
from runner.advisories.sources.osv import Covers, problem_of
from runner.advisories.sources.safety.check_report import read_check
from runner.advisories.sources.safety.database import Local, read_local, schema_of
from runner.advisories.sources.safety.endings import VULNERABLE
from runner.advisories.sources.safety.fetched import blind_online, fetched
from runner.advisories.sources.safety.judge import advisories, unseen
from runner.advisories.sources.safety.running import (
    KEY,
    Room,
    check,
    furnish,
    scan,
    take_report,
)
from runner.advisories.sources.safety.scan_report import read_scan
from runner.advisories.sources.safety.told import Told
from runner.advisories.tools import Tool, cache, prepare


@dataclass(frozen=True)
class Safety:
    """Asks safety, with a local database or with its own.

    Without a local one it is ``safety scan`` where ``SAFETY_API_KEY`` is set and safety is 3.x, and
    else ``safety check``. Only the playbook's waivers count: safety runs with a policy that ignores
    nothing, and what it ignores all the same is a finding.
    """

    version: str = "3.7.0"
    """Of safety; one that a lock ships for."""
    database: str = ""
    """A folder of the repository: a database of safety, in the schema of its version."""
    osv: str = ""
    """Instead, a folder or zip of OSV records, of which such a database is made for the run."""
    covers: Covers = "named"
    """What a local database tells of a package that it does not name: ``all`` says that it is of
    the whole ecosystem, so that such a package has no flaw; otherwise it is skipped."""

    def __post_init__(self) -> None:
        """Raise ValueError for two databases, and for what a database cannot cover."""
        if self.database and self.osv:
            raise ValueError("safety takes one database: either `database` or `osv`")
        if self.covers not in get_args(Covers):
            raise ValueError(f"covers is {' or '.join(get_args(Covers))}, not {self.covers!r}")

    @property
    def name(self) -> str:
        """As in `Report.source`."""
        return "safety"

    def describe(self) -> str:
        """Say on one line what would be asked."""
        made = f"a database made of the OSV records of {self.osv}" if self.osv else ""
        local = f"the database {self.database}" if self.database else made
        return f"ask safety {self.version}, with {local or 'its online database'}"

    def scan(self, inventory: Inventory, door: Door) -> Report:
        """Look at every component; raises SourceError, and DatabaseError for OSV records."""
        if not inventory.components:
            raise SourceError(
                f"{inventory.subject} names no package, so safety has nothing to look at",
                hint="name the file or environment that has the release in it",
            )
        tool = Tool(self.name, self.version)
        room = furnish(inventory, door)
        local, problems = self._local(tool, inventory, room, door)
        told = _ask(tool, room, local, door)
        blind = local.blind(inventory) if local else blind_online(inventory)
        skipped = {**unseen(told, inventory), **blind}
        return Report(
            source=self.name,
            tool=str(tool),
            database=local.database if local else fetched(room.home, schema_of(tool)),
            advisories=advisories(told, inventory, tool),
            audited=tuple(one.name for one in inventory.components if one.name not in skipped),
            skipped=skipped,
            problems=problems,
        )

    def _local(
        self, tool: Tool, inventory: Inventory, room: Room, door: Door
    ) -> tuple[Local | None, tuple[Problem, ...]]:
        """Give the local database, if there is to be one, and what could not be put into it."""
        if self.database:
            path = (door.repository / self.database).absolute()
            return read_local(path, self.database, self.covers, tool), ()
        if not self.osv:
            return None, ()
        kept = cache(door.env) / "advisories"
        wanted = inventory.versions
        reading = read_osv(Path(self.osv), wanted, cache=kept, root=door.repository)
        made = write(reading, wanted, schema_of(tool), room.folder / "database")
        database = replace(made.database, source=self.name)
        local = Local(made.folder, database, dict.fromkeys(made.packages, ()), self.covers)
        return local, tuple(map(problem_of, made.problems))


def _ask(tool: Tool, room: Room, local: Local | None, door: Door) -> Told:
    """Run safety, keep its report, and give what that tells."""
    python = prepare(tool, door)
    scans = local is None and bool(door.env.get(KEY)) and schema_of(tool) == THREE
    if scans:
        ended = scan(tool, python, room, door)
    else:
        ended = check(tool, python, room, door, local.folder if local else None)
    data = take_report(tool, room, ended)
    door.keep("safety.json", data)
    told = read_scan(data) if scans else read_check(data)
    _agree(tool, told, ended.exit_code, local)
    return told


def _agree(tool: Tool, told: Told, exit_code: int, local: Local | None) -> None:
    """Refuse a report that contradicts the run; exit code 0 with findings is none: they count."""
    asked = str(local.folder) if local else ""
    if told.local != asked:
        raise SourceError(
            f"{tool} looked into {shown(told.local)[:200] or 'its online database'}, and was given "
            f"{asked or 'its online database'}",
            hint="see that no setting of safety names another database",
        )
    if exit_code == VULNERABLE and not told.flaws:
        raise SourceError(
            f"{tool} ended with exit code {VULNERABLE}, vulnerabilities found, and reports none",
            hint="see the raw report; it may be of another run",
        )
