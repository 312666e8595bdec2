"""What became of an upgrade: its steps in order, and the verdict."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

from runner.model.rehearsed import Part
from runner.model.words import Outcome

FORMAT: Final = "upgrade-runner/upgrade/1"
"""Stands in each record; its number changes when a reader would have to."""
NAME: Final = "upgrade-steps.json"
"""Path of the record in the dossier."""


class Upgraded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An upgrade, as far as it has come."""

    format: Literal["upgrade-runner/upgrade/1"]
    """Names this format."""
    package: str
    """The dependency that is upgraded."""
    before: str = msgspec.field(name="from")
    """The version that it began with."""
    after: str = msgspec.field(name="to")
    """The version that it goes to."""
    started: str = ""
    """ISO 8601 with offset."""
    steps: tuple[Part, ...] = ()
    """Those that have ended; ``skipped`` is what the playbook does not have."""
    verdict: Outcome | None = None
    """Null while it is under way, as in the bundle that its last step seals."""
    exit_code: int | None = None
    """That of the process; null while it is under way."""
    under_way: str = ""
    """The step that was begun and has not ended; empty between two. After a ``kill -9`` it tells
    where the upgrade was."""
    rolled_back: bool | None = None
    """Whether the way back was taken and held; null where it was not taken."""


def encode(record: Upgraded) -> bytes:
    """Give the JSON document."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:upgrade:1",
        "title": "An upgrade, step by step",
        **msgspec.json.schema(Upgraded),
    }
