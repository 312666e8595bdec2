"""What is in a PostgreSQL database, read in one view."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.kinds.database.base import Facts
from runner.kinds.database.contents import Checksum, Contents, Table, digest_of

if TYPE_CHECKING:
    from runner.kinds.database.postgresql.connection import Connection

_ROWS = 10_000
"""Rows read between two looks whether to go on."""
_VERSION_TABLE = "alembic_version"
"""Alembic's default (``EnvironmentContext.configure``, ``version_table``)."""
_PLAIN, _PARTITIONED, _SEQUENCE = "r", "p", "S"
"""``relkind`` (PostgreSQL 15, 53.11)."""

_RELATIONS = """
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relname, c.relkind::text, c.oid
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'S')
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (
    SELECT FROM pg_depend d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
  )
ORDER BY 1
"""
"""Relations of the database itself: not of the system, and not of an extension."""
_DEFINITION = """
SELECT
  (SELECT coalesce(array_agg(
     quote_ident(attname) || ' ' || format_type(atttypid, atttypmod)
     || CASE WHEN attnotnull THEN ' not null' ELSE '' END ORDER BY attnum), '{}')
   FROM pg_attribute WHERE attrelid = %(oid)s AND attnum > 0 AND NOT attisdropped),
  (SELECT coalesce(array_agg(contype::text || ' ' || conname ORDER BY conname), '{}')
   FROM pg_constraint WHERE conrelid = %(oid)s AND contype IN ('c', 'f', 'p', 'u', 'x')),
  (SELECT coalesce(array_agg(i.relname::text ORDER BY i.relname), '{}')
   FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = %(oid)s),
  (SELECT coalesce(array_agg(attname::text ORDER BY attnum), '{}')
   FROM pg_attribute WHERE attrelid = %(oid)s AND attnum > 0 AND NOT attisdropped)
"""
"""Columns, constraints and indexes of a table, and the columns' bare names. A check's expression is
left out: the server may write it in another way once it was dumped and restored."""
_VERSION = "SELECT current_setting('server_version')"
_IDENTITY = "SELECT system_identifier, current_database() FROM pg_control_system()"
"""The first is made by initdb (PostgreSQL 15, 9.27.10); every role may ask for it."""


@dataclass(frozen=True)
class _Relation:
    """A table or a sequence."""

    name: str
    """With its schema, written as SQL takes it."""
    plain: str
    """Without, as it is."""
    kind: str
    """``relkind``."""
    oid: int
    """Its number."""

    @property
    def has_rows(self) -> bool:
        """Whether it is a table, of partitions or not."""
        return self.kind in {_PLAIN, _PARTITIONED}


def identity(connection: Connection) -> str:
    """Give the cluster and the name: the same after a backup was restored under that name."""
    system, name = _row(connection, _IDENTITY)
    return f"postgresql {system} {name}"


def facts(connection: Connection) -> Facts:
    """Look at a database without reading its rows."""
    (server,) = _row(connection, _VERSION)
    relations = _relations(connection)
    return Facts(
        identity=identity(connection),
        server=f"PostgreSQL {server}",
        revision=_revision(connection, relations),
        empty=not any(one.has_rows for one in relations),
    )


def contents(connection: Connection, go_on: Callable[[], None]) -> Contents:
    """Read every table; the caller's transaction makes it one view."""
    relations = _relations(connection)
    tables = tuple(_table(connection, one, go_on) for one in relations if one.has_rows)
    return Contents(_revision(connection, relations), tables, sequences(connection))


def sequences(connection: Connection) -> dict[str, str]:
    """Give the state of each sequence; these stand outside every transaction."""
    found = {}
    for one in _relations(connection):
        if one.kind == _SEQUENCE:
            query = f"SELECT last_value, is_called FROM {one.name}"  # noqa: S608 - quote_ident
            last, called = _row(connection, query)
            found[one.name] = f"{last}{'' if called else ' next'}"
    return found


def _relations(connection: Connection) -> list[_Relation]:
    return [_Relation(*row) for row in connection.execute(_RELATIONS).fetchall()]


def _revision(connection: Connection, relations: list[_Relation]) -> str:
    """Give what alembic's tables say, of which most databases have one."""
    found: list[str] = []
    for one in relations:
        if one.plain == _VERSION_TABLE and one.has_rows:
            query = f"SELECT version_num FROM {one.name}"  # noqa: S608 - quote_ident
            found += [str(name) for (name,) in connection.execute(query).fetchall()]
    return ",".join(sorted(found))


def _table(connection: Connection, table: _Relation, go_on: Callable[[], None]) -> Table:
    checksum = Checksum()
    # One message is one row; COPY's text form gives every value back as it was.
    query = f"COPY (SELECT * FROM ONLY {table.name}) TO STDOUT"  # noqa: S608 - quote_ident
    with connection.cursor().copy(query) as rows:
        checksum.add(_written(rows, go_on))
    *defining, columns = _row(connection, _DEFINITION, {"oid": table.oid})
    definition = digest_of([text for part in defining for text in (*part, "")])
    return Table(table.name, checksum.rows, checksum.value(), definition, tuple(columns))


def _written(
    rows: Iterable[bytes | bytearray | memoryview], go_on: Callable[[], None]
) -> Iterator[bytes]:
    for number, row in enumerate(rows, 1):
        yield bytes(row)
        if number % _ROWS == 0:
            go_on()


def _row(
    connection: Connection, query: str, parameters: dict[str, Any] | None = None
) -> tuple[Any, ...]:
    row = connection.execute(query, parameters).fetchone()
    assert row is not None  # noqa: S101 - each of these queries gives one
    return row
