"""What the kind does: back up, verify, restore, tell the revision, and guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from runner.errors import DossierError
from runner.kinds.base import Context
from runner.kinds.database.address import Address
from runner.kinds.database.base import Engine, Facts, Workbench
from runner.kinds.database.contents import Contents, differences
from runner.kinds.database.dump_file import PART, clear_parts, new_path, settle, sha256_of
from runner.kinds.database.guard import Known, decide, read_schema
from runner.kinds.database.record import (
    FORMAT,
    NAME,
    Backup,
    ThisUpgrade,
    decode,
    dump_of,
    encode,
    refuse_other_database,
)
from runner.kinds.database.trouble import DatabaseError, unverified
from runner.kinds.database.way import RESTORED, read_way
from runner.kinds.wording import some
from runner.model import Assertion

BACKUP, VERIFY, RESTORE = "backup", "verify", "restore"
REVISION, GUARD = "revision", "guard"


@dataclass(frozen=True)
class Done:
    """What an operation has shown."""

    assertions: tuple[Assertion, ...]
    """What was held against what; never none."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Values for later steps."""


@dataclass(frozen=True)
class Work:
    """An operation under way on one database."""

    context: Context
    """Of the step."""
    bench: Workbench
    """Of the engine."""
    address: Address
    """Where the database is."""
    engine: Engine
    """The database."""

    def back_up(self) -> Done:
        """Dump it, restore the dump, compare, and record what was found equal."""
        facts = self.engine.facts()
        if facts.empty:
            raise DatabaseError(
                f"{self.address.shown} has no table: there is nothing to back up",
                hint="correct the URL, or leave this out until the database has been made",
            )
        release = self.context.release
        path = new_path(
            self.context.output, f"{release.package}-{release.version}-{self.bench.run_id}"
        )
        for left in clear_parts(path.parent):
            self.context.log(f"removed {left}, which a run that was killed has left")
        part = path.with_suffix(PART)
        try:
            backup = self._made(facts, part, path)
            settle(part, path)
        finally:
            part.unlink(missing_ok=True)
        self.context.record(NAME, encode(backup))
        self.context.log(f"backup {path} verified: {backup.contents.describe()}")
        return Done(_equal(backup.contents), {"path": str(path), "sha256": backup.sha256})

    def _made(self, facts: Facts, part: Path, path: Path) -> Backup:
        begun = _now()
        dumped = self.engine.dump(part, self.bench)
        self.context.log(f"dumped {self.address.shown}: {dumped.contents.describe()}")
        digest = sha256_of(part, self.bench.go_on)
        self._compare(part, dumped.contents)
        if sha256_of(part, self.bench.go_on) != digest:
            raise unverified(f"{part} has changed while it was restored")
        release = self.context.release
        return Backup(
            format=FORMAT,
            package=release.package,
            version=release.version,
            target=release.target,
            run=self.bench.run_id,
            database=self.address.shown,
            identity=facts.identity,
            engine=self.address.engine,
            server=facts.server,
            tools=dumped.tools,
            contents=dumped.contents,
            path=str(path.relative_to(self.context.output)),
            bytes=part.stat().st_size,
            sha256=digest,
            begun=begun,
            verified=_now(),
        )

    def verify(self) -> Done:
        """Restore the recorded dump once more, and compare it with the record."""
        backup, path = self._recorded()
        self._compare(path, backup.contents)
        self.context.log(f"{path} verified again: {backup.contents.describe()}")
        return Done(_equal(backup.contents))

    def restore(self, program: tuple[str, ...]) -> Done:
        """Put the recorded dump back, unless ``program`` says that the data fit as they are."""
        told = read_way(self.bench.tool(program, {}), program[0]) if program else RESTORED
        if told.way != RESTORED.way:
            self.context.log(f"{self.address.shown} stays as it is: {told.reason}")
            stays = Assertion("data", "as they are", told.reason, holds=True)
            return Done((stays,), {"kept": ""})
        backup, path = self._recorded()
        restored = self.engine.restore(path, backup.contents, self.bench)
        self.context.log(f"restored {path}: {restored.contents.describe()}")
        if restored.kept:
            self.context.log(f"what was there before is kept as {restored.kept}")
        return Done(_equal(backup.contents), {"kept": restored.kept})

    def tell_revision(self, moment: str) -> Done:
        """Record where the schema stands before or after the upgrade."""
        facts = self.engine.facts()
        if not facts.revision:
            raise DatabaseError(
                f"{self.address.shown} has no schema revision: no alembic_version, or none in it",
                hint="is it the right database?",
            )
        told = {"database": self.address.shown, **msgspec.to_builtins(facts), "told": _now()}
        told |= {"run": self.bench.run_id, "version": self.context.release.version}
        content = msgspec.json.format(msgspec.json.encode(told), indent=1) + b"\n"
        self.context.record(f"database-{moment}.json", content)
        self.context.log(f"{self.address.shown} is at revision {facts.revision}")
        there = Assertion("schema revision", "a revision", facts.revision, holds=True)
        return Done((there,), {"revision": facts.revision})

    def guard(self, revisions: tuple[str, ...]) -> Done:
        """Ask whether a server of these revisions may start."""
        schema = read_schema(self.bench.tool(revisions, {}), revisions[0])
        facts = self.engine.facts()
        upgrade = ThisUpgrade.of(self.context.release, self.context.begun)
        known = Known(self._recall, self.context.output, upgrade)
        decision = decide(facts, schema, known, self.bench.go_on)
        self.context.log(decision.reason)
        assertion = Assertion("start", "nothing can be lost", decision.reason, holds=True)
        return Done((assertion,), {"head": schema.head})

    def _recorded(self) -> tuple[Backup, Path]:
        """Give the recorded backup of this database, whose dump is what was recorded."""
        backup = decode(self._recall())
        refuse_other_database(backup, self.engine.identity())
        return backup, dump_of(backup, self.context.output, self.bench.go_on)

    def _recall(self) -> bytes | None:
        try:
            return self.context.recall(NAME)
        except DossierError as error:
            raise unverified(error.message, error.hint) from error

    def _compare(self, path: Path, expected: Contents) -> None:
        found = self.engine.restored(path, self.bench)
        if different := differences(expected, found):
            for line in different:
                self.context.log(line)
            raise unverified(
                f"what was restored from {path} is not what was dumped: {some(different, 3)}"
            )


def _equal(contents: Contents) -> tuple[Assertion, ...]:
    """Tell what was compared; only what is equal gets here."""
    tables, rows = str(len(contents.tables)), str(contents.rows)
    revision = contents.revision or "none"
    return (
        Assertion("schema revision", revision, revision, holds=True),
        Assertion("tables", tables, tables, holds=True),
        Assertion("rows", rows, rows, holds=True),
        Assertion("checksums", "as dumped", "as dumped", holds=True),
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
