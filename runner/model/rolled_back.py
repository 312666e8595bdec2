"""What became of a rollback: what it relied on, what it lost, and the verdict."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from runner.model.words import Outcome

FORMAT: Final = "upgrade-runner/rollback/1"
"""Stands in each record; its number changes when a reader would have to."""
NAME: Final = "rollback.json"
"""Path of the record in the dossier."""
BEGUN: Final = "rollback_begun"
"""Event of the journal when it was begun, with the record as data."""
ENDED: Final = "rollback_ended"
"""Event of the journal that tells the verdict and the record's SHA-256."""


class Loss(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a table has otherwise than the backup."""

    table: str
    """With its schema, where the engine has schemas."""
    before: int | None
    """Rows in the backup; null for a table that came since, of the migration or of users."""
    now: int | None
    """Rows when the rollback was begun; null where the table is gone."""

    def __str__(self) -> str:
        """Say it in a few words."""
        if self.now is None:
            return f"{self.table}: is gone"
        if self.before is None:
            return f"{self.table}: {self.now} rows, of a table that came since"
        difference = self.now - self.before
        if difference > 0:
            return f"{self.table}: {difference} rows more"
        if difference < 0:
            return f"{self.table}: {-difference} rows fewer"
        return f"{self.table}: rows that were changed, of {self.now}"


class Relied(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The verified backup that is restored."""

    database: str
    """Where it goes, without a password."""
    path: str
    """Of the dump, relative to the output folder."""
    sha256: str
    """Of its bytes, which were read once more before anything was done."""
    verified: str
    """When it had been restored on trial and found equal."""
    revision: str
    """Of the schema."""
    tables: int
    """How many."""
    rows: int
    """In all tables."""


class RolledBack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rollback, as far as it has come."""

    format: Literal["upgrade-runner/rollback/1"]
    """Names this format."""
    package: str
    """The dependency."""
    before: str = msgspec.field(name="from")
    """The version that is taken back."""
    after: str = msgspec.field(name="to")
    """The version that it goes back to."""
    started: str = ""
    """ISO 8601 with offset."""
    ended: str = ""
    """The same; empty while it is under way."""
    way: Literal["restore", "keep", "none"] = "restore"
    """``restore``: the data of before are put back. ``keep``: the version of before runs on the
    data as they are, and nothing is lost. ``none``: nothing was rolled out, so that only pins and
    locks go back, and the stage is not carried out."""
    because: str = ""
    """Why data are not put back; empty for ``restore``."""
    backup: Relied | None = None
    """Null where the playbook's stage restores no database by the kind ``database``, or none has to
    be restored."""
    lost: tuple[Loss, ...] = ()
    """What users have written since the backup, by table, and what the migration has changed."""
    unknown: str = ""
    """Why that could not be told; empty where it could."""
    artifacts: int | None = None
    """Files of the artifact store (``rehearsal.artifacts`` of the playbook) that were written since
    the backup, by their own times; null where it names none, or that could not be told."""
    locks: tuple[str, ...] = ()
    """Lock files that are put back as they were, byte for byte."""
    commit: str = ""
    """The commit that they, and the release's texts, come from; empty where none is known, so that
    locks were made anew."""
    changed: tuple[str, ...] = ()
    """Files of the repository that were changed."""
    verdict: Outcome | None = None
    """Null while it is under way."""
    exit_code: int | None = None
    """That of the process; null while it is under way."""
    reason: str = ""
    """One line, for everything but ``passed``."""


def encode(record: RolledBack) -> bytes:
    """Give the JSON document."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:rollback:1",
        "title": "A rollback: what it relied on, what it lost, and the verdict",
        **msgspec.json.schema(RolledBack),
    }
