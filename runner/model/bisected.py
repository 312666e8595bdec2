"""What a bisection found: each version that was rehearsed, and where it breaks."""

from __future__ import annotations

from typing import Any, Final, Literal

import msgspec

FORMAT: Final = "upgrade-runner/bisection/1"
"""Stands in each record; its number changes when a reader would have to."""


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A version that was rehearsed."""

    version: str
    """Which."""
    answer: Literal["passes", "breaks", "does not resolve", "undecided"]
    """What its rehearsal says; the last ends the bisection."""
    reason: str
    """One line, for everything but ``passes``."""
    duration: float
    """Seconds of its rehearsal."""
    reused: bool
    """Whether the rehearsal was made by an earlier bisection that this one resumes."""
    dossier: str
    """Where its evidence is, as the user would type it."""


class Bisected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bisection, carried out."""

    format: Literal["upgrade-runner/bisection/1"]
    """Names this format."""
    package: str
    """The dependency that is upgraded."""
    before: str = msgspec.field(name="from")
    """The version that every rehearsal begins with."""
    after: str = msgspec.field(name="to")
    """The version that was to be reached."""
    versions: tuple[str, ...]
    """Those of the index after ``from`` up to ``to``, in order."""
    tried: tuple[Tried, ...]
    """In the order in which they were rehearsed."""
    last_passing: str
    """The newest version known to pass; ``from``, which is taken to, where no other does."""
    first_breaking: str
    """The oldest version known to break; empty where ``to`` passes, or nothing is known."""
    verdict: Literal["passes", "breaks", "undecided"]
    """Of the way to ``to``."""
    exit_code: int
    """That of the process."""


def encode(record: Bisected) -> bytes:
    """Give the JSON document."""
    return msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:bisection:1",
        "title": "Where the way to a version breaks",
        **msgspec.json.schema(Bisected),
    }
