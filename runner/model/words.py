"""The two values that plans and findings share: outcomes and places."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Outcome(StrEnum):
    """How a step, an attempt, a check or a run ended."""

    PASSED = "passed"
    """Everything that was expected held."""
    FAILED = "failed"
    """The check ran and said no."""
    ERRORED = "errored"
    """It could not be decided."""
    SKIPPED = "skipped"
    """It did not run; the reason says why."""


class Place(msgspec.Struct, frozen=True):
    """Where in the playbook something was written."""

    file: str
    """Path as the user would type it."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""

    def __str__(self) -> str:
        """Give ``file:line:column``, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}:{self.column}"
