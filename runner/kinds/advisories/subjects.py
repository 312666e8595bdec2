"""The YAML of what is scanned."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runner.kinds.advisories.shapes import Only, options, path_or
from runner.kinds.references import ENGINE, REFERENCE
from runner.playbook.paths import REPOSITORY_PATH
from runner.playbook.shapes import Convert, Either, Field, OneKeyOf, Text


@dataclass(frozen=True)
class Scanned:
    """What is scanned, before it is looked at."""

    name: str
    """``lock``, ``requirements``, ``environment`` or ``image``."""
    options: Mapping[str, str]
    """Its fields, as far as they are stated."""


_PYTHON = Field("python", Text(), "the interpreter that it is for (default: python)")
_LOCK = Field("lock", REPOSITORY_PATH, "the lock that it must equal")


def _referred(text: str) -> dict[str, Any]:
    return {"reference": text}


_IMAGE: Either[dict[str, Any]] = Either(
    {
        "str": Convert(REFERENCE, _referred),
        "map": options(
            Field("reference", REFERENCE, "the image, as the engine knows it", required=True),
            _LOCK,
            Field("python", Text(), "the interpreter in the image (default: python)"),
            ENGINE,
        ),
    },
    "a reference, or a mapping with 'reference'",
)

SUBJECT = Only(
    OneKeyOf(
        options(
            Field(
                "lock",
                path_or("file", _PYTHON, description="file with a version for every package"),
                "a lock: every package at an exact version",
            ),
            Field(
                "requirements",
                path_or("file", _PYTHON, description="file of requirements"),
                "requirements, resolved for an interpreter without installing them",
            ),
            Field("environment", options(_PYTHON, _LOCK), "what an interpreter can import"),
            Field("image", _IMAGE, "what the interpreter in an image can import"),
        ),
        ("lock", "requirements", "environment", "image"),
    ),
    Scanned,
)
"""The shape of ``subject``."""
