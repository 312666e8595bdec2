"""What a rehearsal found: its parts, what the migration changed, what came back, the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from runner.model.words import Outcome

FORMAT: Final = "upgrade-runner/rehearsal/1"
"""Stands in each record; its number changes when a reader would have to."""
NAME: Final = "rehearsal.json"
"""Path of the record in the rehearsal's dossier."""
CLEAN_UP: Final = "clean-up"
"""Name of the part that removes everything scratch."""
SEED: Final = "seed"
"""Name of the part that fills the database where there was nothing to copy."""
ENDED: Final = "rehearsal_ended"
"""The journal's event that tells the hash of the record."""


class Part(msgspec.Struct, frozen=True):
    """A part of the rehearsal, one after the other."""

    name: str
    """Unique: ``worktree``, ``before``, ``migrate``, …"""
    title: str
    """What is done, for people."""
    outcome: Outcome
    """How it ended; ``skipped`` where it was not come to."""
    reason: str = ""
    """One line, for everything but ``passed``."""
    hint: str = ""
    """How it may be mended."""
    started: str = ""
    """Time of day; empty for a skipped part."""
    duration: float = 0.0
    """Seconds."""
    own: float = 0.0
    """Seconds of it that the runner took itself, and no process that it started."""
    facts: tuple[str, ...] = ()
    """What was found, a line each."""
    runs: tuple[str, ...] = ()
    """Folders of the stages that were run, in the dossier; each has its ``run.json``."""
    log: str = ""
    """Path of its log in the dossier, or empty."""


class TableChange(msgspec.Struct, frozen=True):
    """A table that the migration changed."""

    table: str
    """Its name."""
    change: Literal["added", "dropped", "columns", "rows", "content", "definition"]
    """``content`` where neither columns nor the number of rows differ, but what stands there;
    ``definition`` where only types, constraints or indexes differ."""
    rows_before: int | None
    """Null where it was not there."""
    rows_after: int | None
    """Null where it is not there any more."""
    columns_added: tuple[str, ...] = ()
    """Their names."""
    columns_dropped: tuple[str, ...] = ()
    """Their names."""


class Migration(msgspec.Struct, frozen=True):
    """What the migration changed."""

    revision_before: str
    """As the database names it; empty where it names none."""
    revision_after: str
    """The same for the new schema."""
    tables: tuple[TableChange, ...]
    """Those that differ, ordered by name."""
    rows_before: int
    """In all tables."""
    rows_after: int
    """In all tables."""


class Outage(msgspec.Struct, frozen=True):
    """How long nobody is served, in seconds; None for what was not come to."""

    stop: float | None = None
    """The old version's services are asked to stop, until they are gone."""
    migrate: float | None = None
    """The stages between."""
    start: float | None = None
    """The new version's services, from their start until they are ready."""
    restore: float | None = None
    """For the way back: data and files are put back."""
    restart: float | None = None
    """For the way back: the old version's services, until they are ready."""

    @property
    def forward(self) -> float | None:
        """From the stop of the old version until the new one is ready."""
        return _sum(self.stop, self.migrate, self.start)

    @property
    def back(self) -> float | None:
        """From the stop of the new version until the old one is ready again."""
        return _sum(self.stop, self.restore, self.restart)


def _sum(*seconds: float | None) -> float | None:
    known = [one for one in seconds if one is not None]
    return sum(known) if len(known) == len(seconds) else None


class Kept(msgspec.Struct, frozen=True):
    """Something of the user's, hashed before and after the rehearsal."""

    what: Literal["repository", "database", "artifacts"]
    """Which."""
    before: str
    """SHA-256 over names and contents, in hexadecimal; empty where nothing was there."""
    after: str
    """The same once everything was cleaned up."""

    @property
    def same(self) -> bool:
        """Whether every byte is as it was."""
        return self.before == self.after


class Rehearsed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rehearsal, carried out."""

    format: Literal["upgrade-runner/rehearsal/1"]
    """Names this format."""
    id: str
    """Unique."""
    package: str
    """The dependency that is upgraded."""
    before: str = msgspec.field(name="from")
    """The version that it was rehearsed from."""
    after: str = msgspec.field(name="to")
    """The version that it was rehearsed to."""
    profile: str
    """The profile laid over the playbook, or empty."""
    commit: str
    """Of the repository."""
    dirty: bool
    """Whether files were rehearsed that differ from that commit."""
    locks_before: Mapping[str, str]
    """Lock file to SHA-256 of its content, of the old version; empty where it was not come to."""
    locks_after: Mapping[str, str]
    """The same of the new version."""
    started: str
    """ISO 8601 with offset."""
    ended: str
    """The same; a rollout holds the age against it."""
    duration: float
    """Seconds."""
    own: float
    """Seconds of it that the runner took itself, and no process that it started."""
    parts: tuple[Part, ...]
    """In order."""
    outage: Outage
    """How long nobody would be served."""
    migration: Migration | None
    """What it changed; null where it was not come to, or there is no database."""
    restored: bool | None
    """Whether the rollback brought back every row and every artifact; null where not come to."""
    kept: tuple[Kept, ...]
    """What must not change, and whether it did."""
    verdict: Outcome
    """The first part's that did not pass, else ``passed``."""
    exit_code: int
    """That of the process."""
    part: str
    """The part that decided, or empty."""
    reason: str
    """One line, for everything but ``passed``."""
    hint: str
    """How it may be mended."""
    warnings: tuple[str, ...]
    """What the owner should know though it changes no verdict."""
    runner_version: str
    """Version of Upgrade Runner."""

    @property
    def clean(self) -> bool:
        """Whether everything scratch was removed."""
        ended = {one.name: one.outcome for one in self.parts}
        return ended.get(CLEAN_UP) is Outcome.PASSED


def encode(record: Rehearsed) -> bytes:
    """Give the JSON document."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def schema() -> dict[str, object]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:rehearsal:1",
        "title": "A rehearsal of an upgrade, carried out",
        **msgspec.json.schema(Rehearsed),
    }
