"""What a merge has come to: ``runner merge --json``."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from runner.model import Outcome

State: TypeAlias = Literal["joined", "interrupted", "died", "damaged", "doubled", "missing"]
"""``interrupted`` was stopped by a signal and is joined as far as it came; ``died`` was killed."""


class ShardRecord(msgspec.Struct, frozen=True):
    """One shard of the partition."""

    number: int
    """Counted from 1."""
    state: State
    """What became of it."""
    checks: int
    """How many checks it was to run."""
    run: str = ""
    """Id of its run."""
    verdict: Outcome | None = None
    """What it said of its share."""
    host: str = ""
    """Where it ran."""
    folders: tuple[str, ...] = ()
    """Dossiers that say to be it."""
    reason: str = ""
    """Why it is not joined, or not whole."""


class MergeRecord(msgspec.Struct, frozen=True):
    """The whole."""

    format: Literal["upgrade-runner/merge/1"]
    """Names this format."""
    stage: str
    """Name of the stage."""
    verdict: Outcome
    """Of the whole stage."""
    exit_code: int
    """That of the process."""
    problems: tuple[str, ...]
    """Why the whole cannot be decided, a sentence each; empty where it could."""
    shards: tuple[ShardRecord, ...] = ()
    """In their order; empty where it is not known what the shards should be."""
    run: str = ""
    """Id of the joined run; empty where nothing was joined."""
    dossier: str = ""
    """The joined dossier; empty where nothing was joined."""


def encode(record: MergeRecord) -> bytes:
    """Give the JSON document."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:merge:1",
        "title": "What joining the shards of a stage has come to",
        **msgspec.json.schema(MergeRecord),
    }
