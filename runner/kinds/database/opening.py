"""From a URL to the engine of its database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.kinds.database.address import SQLITE, Address, parse
from runner.kinds.database.base import Engine
from runner.kinds.database.postgresql import PostgresqlDatabase
from runner.kinds.database.sqlite import SqliteDatabase
from runner.kinds.database.trouble import DatabaseError


@dataclass(frozen=True)
class Target:
    """Which database is meant, as a playbook says it."""

    url: str = ""
    """Written out; it holds no password."""
    url_env: str = ""
    """Or the environment variable that holds it."""
    scratch_url_env: str = ""
    """The variable with a database of the server on which backups are tried; the same if empty."""

    def describe(self) -> str:
        """Name it for people."""
        return self.url or f"${self.url_env}"


def address_of(target: Target, env: Mapping[str, str]) -> Address:
    """Give the address; raises DatabaseError."""
    return parse(target.url) if target.url else parse(_variable(target.url_env, env))


def open_database(target: Target, env: Mapping[str, str], cwd: Path) -> tuple[Address, Engine]:
    """Give the address, and the engine behind it; raises DatabaseError."""
    address = address_of(target, env)
    if address.engine == SQLITE:
        return address, SqliteDatabase(cwd / address.path)
    elsewhere = target.scratch_url_env
    trial = parse(_variable(elsewhere, env)) if elsewhere else None
    if trial is not None and trial.engine != address.engine:
        raise DatabaseError(f"{elsewhere} is of another engine than the database")
    return address, PostgresqlDatabase(address, trial)


def _variable(name: str, env: Mapping[str, str]) -> str:
    value = env.get(name, "")
    if not value:
        raise DatabaseError(
            f"the database's URL is not there: {name} is not set",
            hint=f"set {name}, and name it under 'secrets'",
        )
    return value
