"""Two databases exchange their names, both at once or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner.kinds.database.address import Address
from runner.kinds.database.postgresql.connection import connected
from runner.kinds.database.postgresql.scratch import new_name, quoted
from runner.kinds.database.trouble import DatabaseError

if TYPE_CHECKING:
    from runner.kinds.database.postgresql.connection import Connection

_MAINTENANCE = ("postgres", "template1")
"""Databases of every server (PostgreSQL 15, 23.3); one that is renamed must not be connected to."""
_SESSIONS = (
    "SELECT count(*), string_agg(DISTINCT coalesce(nullif(application_name, ''), usename, '?'),"
    " ', ') FROM pg_stat_activity WHERE datname = %s"
)


def swap(address: Address, restored: str) -> str:
    """Give the name of the address to the restored database, and the name of the other's now."""
    name = address.settings["dbname"]
    kept = new_name(f"{name}_replaced")
    with _beside(address) as connection:
        _refuse_sessions(connection, address)
        connection.execute("BEGIN")
        connection.execute(f"ALTER DATABASE {quoted(name)} RENAME TO {quoted(kept)}")
        connection.execute(f"ALTER DATABASE {quoted(restored)} RENAME TO {quoted(name)}")
        connection.execute("COMMIT")
    return kept


def _refuse_sessions(connection: Connection, address: Address) -> None:
    row = connection.execute(_SESSIONS, (address.settings["dbname"],)).fetchone()
    count, who = row or (0, "")
    if count:
        raise DatabaseError(
            f"{address.shown}: {count} connections are open to it ({who})",
            hint="stop the server that uses the database, then restore again",
        )


@contextlib.contextmanager
def _beside(address: Address) -> Iterator[Connection]:
    """Connect to a database of the server that is not to be renamed."""
    with contextlib.ExitStack() as stack:
        try:
            connection = stack.enter_context(connected(address, database=_MAINTENANCE[0]))
        except DatabaseError:
            connection = stack.enter_context(connected(address, database=_MAINTENANCE[1]))
        yield connection
