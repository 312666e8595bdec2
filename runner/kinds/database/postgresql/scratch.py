"""Databases that the runner makes for itself, and drops again (PostgreSQL 13 and newer)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any

from runner.kinds.database.address import Address
from runner.kinds.database.base import Workbench
from runner.kinds.database.postgresql.connection import connected, within
from runner.kinds.database.trouble import DatabaseError

_LONGEST = 63
"""Bytes of a name (PostgreSQL 15, 4.1.1)."""
_PROPERTIES = (
    "SELECT to_jsonb(d), pg_encoding_to_char(d.encoding), quote_ident(pg_get_userbyid(d.datdba))"
    " FROM pg_database d WHERE d.datname = current_database()"
)
_TRIALS = (
    "SELECT datname FROM pg_database"
    " WHERE datname ~ '^upgrade_runner_[0-9]{8}t[0-9]{6}z-[0-9a-f]{6}_[0-9a-f]{8}$' ORDER BY 1"
)
"""Names as `trial_name` and `new_name` make them of a run's id, and no copy of a rehearsal's."""
_BEGINNING = "SELECT datname FROM pg_database WHERE starts_with(datname, %s) ORDER BY datname"


def new_name(base: str) -> str:
    """Give a name that no other database has."""
    return f"{base[: _LONGEST - 9]}_{os.urandom(4).hex()}"


def trial_name(run_id: str) -> str:
    """Give what the names of the databases begin with on which a run tries its backups."""
    return f"upgrade_runner_{run_id}".lower()


@contextlib.contextmanager
def scratch(address: Address, bench: Workbench) -> Iterator[str]:
    """Make an empty database like that of the address, and drop it after the block.

    A session stays open in it, by which others tell it from what a run that was killed has left;
    such are dropped first.
    """
    left = _trials(address)
    name = new_name(trial_name(bench.run_id))
    create(address, name)
    try:
        with connected(within(address, name)):
            _clear(address, left, bench.note)
            yield name
    finally:
        drop(address, name)


def _trials(address: Address) -> list[str]:
    """Name the databases on which any run tries a backup, or has tried one when it was killed."""
    with connected(address) as connection:
        return [str(name) for (name,) in connection.execute(_TRIALS).fetchall()]


def _clear(address: Address, names: list[str], note: Callable[[str], None]) -> None:
    """Drop those of the databases in which nobody is, and say so."""
    errors = _errors()
    for name in names:
        with connected(address) as connection:
            try:
                connection.execute(f"DROP DATABASE {quoted(name)}")
            except (errors.ObjectInUse, errors.InvalidCatalogName):
                continue  # of a run that lives, or has ended since
            except errors.InsufficientPrivilege:
                note(f"the database {name} of a run that was killed is another role's: drop it")
            else:
                note(f"dropped the database {name}, which a run that was killed has left")


def create(address: Address, name: str, *, like: Address | None = None) -> None:
    """Make an empty database on the server of the address.

    Its encoding and locale are those of the address, or of another database that it is to be like.
    """
    with connected(like or address) as connection:
        row = connection.execute(_PROPERTIES).fetchone()
    assert row is not None  # noqa: S101 - one is always connected to a database
    properties = " ".join(_like(row[0], row[1]))
    with connected(address) as connection:
        try:
            connection.execute(f"CREATE DATABASE {quoted(name)} TEMPLATE template0 {properties}")
        except _errors().InsufficientPrivilege as error:
            raise DatabaseError(
                f"{address.shown}: the role may not create the database that a backup is restored "
                "into",
                hint="ALTER ROLE … CREATEDB, or name another server under 'scratch_url_env'",
            ) from error


def drop(address: Address, name: str) -> None:
    """Drop a database, whoever is connected to it."""
    with connected(address) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {quoted(name)} WITH (FORCE)")


def drop_all(address: Address, prefix: str) -> tuple[str, ...]:
    """Drop every database of the server whose name begins so, and give the names."""
    with connected(address) as connection:
        found = connection.execute(_BEGINNING, (prefix,)).fetchall()
    names = tuple(str(name) for (name,) in found)
    for name in names:
        drop(address, name)
    return names


def quoted(name: str) -> str:
    """Write a name as an identifier (PostgreSQL 15, 4.1.1)."""
    return '"' + name.replace('"', '""') + '"'


def _like(properties: dict[str, Any], encoding: str) -> Iterator[str]:
    yield f"ENCODING {_text(encoding)}"
    yield f"LC_COLLATE {_text(properties['datcollate'])}"
    yield f"LC_CTYPE {_text(properties['datctype'])}"
    if properties.get("datlocprovider") == "i":
        locale = properties.get("datlocale") or properties.get("daticulocale") or ""
        yield f"LOCALE_PROVIDER icu ICU_LOCALE {_text(locale)}"


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _errors() -> Any:  # noqa: ANN401 - a module
    from psycopg import errors

    return errors
