"""Connections to a PostgreSQL server, and its errors as ours."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

from runner.kinds.database.address import Address
from runner.kinds.database.trouble import DatabaseError

if TYPE_CHECKING:
    import psycopg

    Connection: TypeAlias = psycopg.Connection[tuple[Any, ...]]

_PATIENCE = "10"
"""Seconds for the server to accept a connection, where the URL does not say."""
_LOCKS = "60s"
"""How long a statement waits for somebody else's lock."""
_SETTINGS = (
    "SET client_encoding = 'UTF8'",
    "SET datestyle = 'ISO'",
    "SET intervalstyle = 'postgres'",
    "SET timezone = 'UTC'",
    "SET extra_float_digits = 3",
    "SET bytea_output = 'hex'",
    "SET search_path = pg_catalog",
    "SET row_security = off",
    f"SET lock_timeout = '{_LOCKS}'",
)
"""So that the same values are always the same text; as `pg_dump` sets them (its setup_connection,
PostgreSQL 15). With row security off, rows that are hidden from a role are an error."""

_MENDS = (
    ("password authentication failed", "correct user or password in the URL"),
    ("no password supplied", "put the password into the URL, or set PGPASSFILE"),
    ("no pg_hba.conf entry", "let the server accept this user from this machine (pg_hba.conf)"),
    ("could not translate host name", "correct the host in the URL"),
    ("name or service not known", "correct the host in the URL"),
    ("failed to resolve host", "correct the host in the URL"),
    ("connection refused", "is the server up, and does it listen there?"),
    ("no such file or directory", "is the server up, and is its socket in that folder?"),
    ("timeout expired", "is the server up, and can this machine reach it?"),
    ("timed out", "is the server up, and can this machine reach it?"),
    ("starting up", "wait until the server has started"),
    ("too many", "let other clients go, or give the role a reserved connection"),
    ("ssl", "correct sslmode and the certificates in the URL"),
    ("permission denied for database", "GRANT CONNECT on the database to the role"),
)
"""Words of libpq's and the server's refusals to what may help; refusals carry no SQLSTATE."""
_STATES: Mapping[str, str] = {
    "42501": "let the database's owner run this, or grant the role what it lacks",
    "55006": "stop what is connected to the database, then try again",
    "55P03": "stop what holds the lock, then try again",
    "53100": "free some space on the server",
    "57014": "the time was over; 'timeout' sets another limit",
}
"""SQLSTATEs (PostgreSQL 15, appendix A) to what may help."""


@contextlib.contextmanager
def connected(address: Address, *, database: str = "") -> Iterator[Connection]:
    """Open a connection in which each statement is a transaction; raises DatabaseError.

    ``database`` is another one of the same server.
    """
    psycopg = _client()
    settings = {"connect_timeout": _PATIENCE, "application_name": "upgrade-runner"}
    settings |= address.settings
    settings |= {"client_encoding": "UTF8", **({"dbname": database} if database else {})}
    try:
        connection = psycopg.connect(autocommit=True, **settings)
    except psycopg.Error as error:
        raise _refused(address, database, error) from None  # the cause may show the settings
    try:
        with contextlib.closing(connection):
            for setting in _SETTINGS:
                connection.execute(setting)
            yield connection
    except psycopg.Error as error:
        raise told(address, error) from error


def _client() -> Any:  # noqa: ANN401 - a module
    try:
        import psycopg
    except ImportError as error:
        raise DatabaseError(
            f"PostgreSQL needs psycopg, which cannot be imported: {error}",
            hint="pip install 'upgrade-runner[postgresql]'",
        ) from error
    return psycopg


def within(address: Address, database: str) -> Address:
    """Give the address of another database of the same server."""
    return replace(address, settings={**address.settings, "dbname": database})


def told(address: Address, error: Exception) -> DatabaseError:
    """Put an error of the server into our words."""
    state = getattr(error, "sqlstate", None) or ""
    return DatabaseError(f"{address.shown}: {_line(error)}", hint=_STATES.get(state, ""))


def _refused(address: Address, database: str, error: Exception) -> DatabaseError:
    line = _line(error)
    if 'database "' in line and "does not exist" in line:
        hint = "correct the name of the database in the URL"
    else:
        words = line.casefold()
        hint = next((mend for word, mend in _MENDS if word in words), "correct the URL")
    where = f" (to {database})" if database else ""
    return DatabaseError(f"cannot connect to {address.shown}{where}: {line}", hint=hint)


def _line(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
