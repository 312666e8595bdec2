"""``runner verify --json``: what a verification has found."""

from __future__ import annotations

from typing import Any, Final, Literal

from runner.advisories.document_shapes import Shape, as_json, schema_of
from runner.evidence.verification import Verdict

FORMAT: Final = "upgrade-runner/verify/1"
"""Stands in each document; its number changes when a reader would have to."""


class VerdictDocument(Shape, frozen=True):
    """What a verification has found."""

    format: Literal["upgrade-runner/verify/1"]
    """Names this format."""
    bundle: str
    """The file, as it was named."""
    holds: bool
    """Whether nothing was changed since it was sealed, and by whom it must be it is signed."""
    accepted: bool | None
    """Whether its verdict is the one that is needed; null where nothing was asked of it."""
    problems: tuple[str, ...]
    """Everything that is not as it was sealed, with the entry."""
    objections: tuple[str, ...]
    """Why the verdict is not the one that is needed."""
    proved: tuple[str, ...]
    """What was proved, a sentence each."""
    unproved: tuple[str, ...]
    """What was not, a sentence each."""


def document(bundle: str, found: Verdict, objections: tuple[str, ...] | None) -> VerdictDocument:
    """Give the document; ``objections`` is None where nothing was asked of the verdict."""
    asked = objections is not None
    return VerdictDocument(
        FORMAT,
        bundle,
        found.holds,
        found.holds and not objections if asked else None,
        found.problems,
        objections or (),
        found.proved,
        found.unproved,
    )


def encode(told: VerdictDocument) -> bytes:
    """Write it as indented JSON."""
    return as_json(told)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return schema_of(VerdictDocument, "urn:upgrade-runner:verify:1", "A bundle, verified")
