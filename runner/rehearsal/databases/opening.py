"""From an address to the user's database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from runner.errors import UsageError
from runner.kinds.database.address import SQLITE, parse
from runner.kinds.database.trouble import DatabaseError
from runner.model import Rehearsal
from runner.rehearsal.databases.base import Original
from runner.rehearsal.databases.postgresql import PostgresqlOriginal, renamed
from runner.rehearsal.databases.sqlite import SqliteOriginal

_SQLITE = re.compile(r"(?P<head>sqlite(?:\+\w+)?:///)(?P<path>[^?]+)")
"""As SQLAlchemy writes it: three slashes and a path, which is absolute with a fourth."""


def original(
    settings: Rehearsal,
    variables: Mapping[str, str],
    environment: Mapping[str, str],
    repository: Path,
) -> Original | None:
    """Find the user's database; None where the playbook names none.

    Raises UsageError for one that cannot be copied.
    """
    if settings.database_env:
        address = _variable(settings.database_env, environment)
    else:
        address = variables.get(settings.database, "")
    if not address:
        return None
    trial = settings.scratch_url_env
    return original_at(address, repository, _variable(trial, environment) if trial else "")


def original_at(address: str, repository: Path, trial: str = "") -> Original:
    """Read an address; raises UsageError for one that cannot be copied."""
    if "://" not in address:
        return SqliteOriginal(repository / address, "")
    try:
        if parse(address).engine == SQLITE:
            known = _SQLITE.match(address)
            assert known is not None  # noqa: S101 - it was parsed just now
            return SqliteOriginal(repository / known["path"], known["head"])
        renamed(trial or address, "")
        elsewhere = parse(trial or address)
    except DatabaseError as error:
        message = f"the database to rehearse on: {error.message}"
        raise UsageError(message, hint=error.hint) from error
    if elsewhere.engine == SQLITE:
        raise UsageError(
            "rehearsal.scratch_url_env: it is of another engine than the database",
            hint="name a PostgreSQL server",
        )
    return PostgresqlOriginal(address, trial)


def _variable(name: str, environment: Mapping[str, str]) -> str:
    value = environment.get(name, "")
    if not value:
        raise UsageError(
            f"the database's URL is not there: {name} is not set",
            hint=f"set {name}, or choose another profile",
        )
    return value
