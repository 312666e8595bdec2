"""Whether a server may be started that would migrate its database.

A newer server migrates silently when it starts, and there is no way back but the backup. So its
schema is compared with the database's first: where they differ, the dossier must have a verified
backup of this very database, made for this upgrade and at the revision that it is still at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.kinds.database.base import Facts
from runner.kinds.database.record import (
    AGAIN,
    Backup,
    ThisUpgrade,
    decode,
    dump_of,
    refuse_other_database,
    refuse_other_upgrade,
)
from runner.kinds.database.trouble import DatabaseError, unverified


class Schema(msgspec.Struct, frozen=True):
    """What a server's own migrations are, as the program of ``revisions`` tells in JSON."""

    heads: tuple[str, ...]
    """The revisions that it brings a database to; one, where its history does not branch."""
    revisions: tuple[str, ...]
    """Every revision that it knows."""
    version: str = ""
    """Of the server, for people."""

    @property
    def head(self) -> str:
        """The heads as `Facts.revision` writes them."""
        return ",".join(sorted(self.heads))


@dataclass(frozen=True)
class Decision:
    """That a server may start, and why."""

    reason: str
    """One line."""
    backup: Backup | None = None
    """What can be gone back to, where the server migrates."""


@dataclass(frozen=True)
class Known:
    """What the dossier has."""

    recalled: Callable[[], bytes | None]
    """Gives its record of a backup."""
    output: Path
    """The folder of the dumps."""
    upgrade: ThisUpgrade
    """What it is about."""


def read_schema(stdout: str, program: str) -> Schema:
    """Read what the program of ``revisions`` printed; raises DatabaseError."""
    try:
        schema = msgspec.json.decode(stdout, type=Schema)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise DatabaseError(
            f"{program} did not tell the server's revisions: {error}",
            hint='it must print {"heads": [...], "revisions": [...]}',
        ) from error
    if not schema.heads or not set(schema.heads) <= set(schema.revisions):
        raise DatabaseError(f"{program} told no head among the server's revisions")
    return schema


def decide(
    facts: Facts,
    schema: Schema,
    known: Known,
    go_on: Callable[[], None],
) -> Decision:
    """Say why the server may start; raises DatabaseError where it may not."""
    server = f"the server{f' ({schema.version})' if schema.version else ''}"
    if facts.empty:
        return Decision(f"the database is empty: {server} makes it")
    if facts.revision == schema.head:
        return Decision(f"the database is at revision {facts.revision}, as {server} wants it")
    unknown = set(facts.revision.split(",")) - set(schema.revisions) if facts.revision else set()
    if unknown:
        raise DatabaseError(
            f"the database is at revision {facts.revision}, which {server} does not know: it is of "
            "a newer release",
            hint="restore the backup of before the upgrade, or start the newer server",
        )
    would = f"{server} would migrate the database from {facts.revision or 'none'} to {schema.head}"
    try:
        backup = decode(known.recalled())
        refuse_other_upgrade(backup, known.upgrade)
        refuse_other_database(backup, facts.identity)
        _refuse_other_revision(backup, facts)
        dump_of(backup, known.output, go_on)
    except DatabaseError as error:
        raise DatabaseError(f"{would}; {error.message}", hint=error.hint) from error
    return Decision(f"{would}; {backup.path} was verified on {backup.verified}", backup)


def _refuse_other_revision(backup: Backup, facts: Facts) -> None:
    was = backup.contents.revision
    if was != facts.revision:
        raise unverified(
            f"it is of revision {was or 'none'}, the database is at {facts.revision or 'none'}",
            AGAIN,
        )
