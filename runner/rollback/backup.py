"""The backup that a rollback relies on, and what was written since it was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.advisories.sources.base import Door
from runner.engine.dossier import Dossier
from runner.engine.recorded import recorded
from runner.errors import DossierError, UsageError
from runner.kinds.database.bench import DoorBench
from runner.kinds.database.contents import Contents, Table
from runner.kinds.database.kind import DatabaseAction
from runner.kinds.database.opening import open_database
from runner.kinds.database.operations import RESTORE
from runner.kinds.database.record import (
    NAME,
    Backup,
    ThisUpgrade,
    decode,
    dump_of,
    refuse_other_database,
    refuse_other_upgrade,
)
from runner.kinds.database.trouble import DatabaseError, unverified
from runner.kinds.database.way import RESTORED, Way, read_way
from runner.model import Playbook, Step
from runner.model.rolled_back import Loss, Relied

_BOOKKEEPING = "alembic_version"
"""A table of the migrations themselves, in any schema."""


@dataclass(frozen=True)
class Basis:
    """What a rollback would rely on, and lose."""

    relied: Relied
    """The backup."""
    lost: tuple[Loss, ...]
    """What was written since."""
    unknown: str
    """Why that could not be told."""


def restores(book: Playbook, stage: str) -> tuple[Step, ...]:
    """Give the steps of a stage that restore a database."""
    steps = (step for check in book.stages[stage] for step in check.steps)
    return tuple(
        one
        for one in steps
        if isinstance(one.action, DatabaseAction) and one.action.operation == RESTORE
    )


def way_of(step: Step, version: str, door: Door) -> Way:
    """Ask whether the data have to go back for a version; raises DatabaseError."""
    _refuse_open(step)
    assert isinstance(step.action, DatabaseAction)  # noqa: S101 - `restores` gives no other
    argv = step.action.way
    if not argv:
        return RESTORED
    # As the stage will be told, once the pins are those of before.
    env = {**step.env, "RELEASE_VERSION": version}
    return read_way(DoorBench(door, "rollback").tool(argv, env), argv[0])


def basis(
    book: Playbook,
    step: Step,
    dossier: Dossier,
    versions: tuple[str, str],
    environment: Mapping[str, str],
    door: Door,
) -> Basis:
    """Hold the dossier's backup against the database that a step restores.

    Raises DatabaseError where it is not verified, not of this database, or of another upgrade than
    that between these two versions.
    """
    assert isinstance(step.action, DatabaseAction)  # noqa: S101 - `restores` gives no other
    where = Path(book.repository) / step.cwd
    engine = open_database(step.action.target, {**environment, **step.env}, where)[1]
    bench = DoorBench(door, "rollback")
    backup = decode(_recalled(dossier))
    refuse_other_upgrade(backup, ThisUpgrade(book.release.package, versions), _AGAIN)
    refuse_other_database(backup, engine.identity())
    dump_of(backup, dossier.output, bench.go_on)
    try:
        return Basis(_relied(backup), tuple(losses(backup.contents, engine.contents(bench))), "")
    except DatabaseError as error:  # a database that is broken is one more reason to go back
        return Basis(_relied(backup), (), error.message)


def _refuse_open(step: Step) -> None:
    if step.look_ups:
        raise UsageError(
            f"{step.place}: what it restores is known while it runs only ({step.look_ups[0]})",
            hint="name the database by the playbook's own variables",
        )


_AGAIN = "there is nothing that this upgrade could be taken back to"


def _recalled(dossier: Dossier) -> bytes | None:
    try:
        return recorded(dossier.live, NAME)
    except DossierError as error:
        raise unverified(error.message, error.hint) from error


def _relied(backup: Backup) -> Relied:
    contents = backup.contents
    return Relied(
        backup.database,
        backup.path,
        backup.sha256,
        backup.verified,
        contents.revision,
        len(contents.tables),
        contents.rows,
    )


def losses(saved: Contents, present: Contents) -> Iterator[Loss]:
    """Tell what the present database has otherwise than the saved one, by table.

    A table that the migration has given other columns has other checksums with the same rows, so
    that only its count can tell of writes.
    """
    old, new = ({one.name: one for one in found.tables} for found in (saved, present))
    for name in sorted({*old, *new}):
        if name.rpartition(".")[2] != _BOOKKEEPING and _differs(old.get(name), new.get(name)):
            before, now = old.get(name), new.get(name)
            yield Loss(name, before.rows if before else None, now.rows if now else None)


def _differs(before: Table | None, now: Table | None) -> bool:
    if before is None or now is None:
        return before is not None or bool(now and now.rows)
    if before.rows != now.rows:
        return True
    return before.definition == now.definition and before.sha256 != now.sha256
