"""A bump as JSON: ``runner bump --json``."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from runner.advisories.document_shapes import Shape, as_json, schema_of

FORMAT: Final = "upgrade-runner/bump/1"
"""Stands in each document; its number changes when a reader would have to."""


class BumpDocument(Shape, frozen=True):
    """What a bump has changed, or would."""

    format: Literal["upgrade-runner/bump/1"]
    """Names this format."""
    package: str
    """As the playbook names it."""
    before: Annotated[str, msgspec.Meta(min_length=1)] = msgspec.field(name="from")
    """The version before."""
    after: Annotated[str, msgspec.Meta(min_length=1)] = msgspec.field(name="to")
    """The version after; the same where other values changed, or nothing."""
    changed: tuple[str, ...]
    """Paths relative to the repository, in order."""
    written: bool
    """Whether they were written; false where nothing had to be."""


def encode(document: BumpDocument) -> bytes:
    """Write it as indented JSON."""
    return as_json(document)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return schema_of(BumpDocument, "urn:upgrade-runner:bump:1", "A bump of a release")
