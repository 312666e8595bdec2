"""What goes wrong with a database, as an error that a person can act on."""

from __future__ import annotations

from runner.errors import RunnerError


class DatabaseError(RunnerError):
    """A database, its tools or its backup cannot be used; nothing was decided."""


def unverified(reason: str, hint: str = "") -> DatabaseError:
    """Say that a backup cannot be relied on, and why."""
    return DatabaseError(f"backup not verified: {reason}", hint=hint)
