"""A PostgreSQL database behind the contract of `runner.kinds.database.base`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from runner.kinds.database.address import Address
from runner.kinds.database.base import Dumped, Facts, Restored, Workbench
from runner.kinds.database.contents import Contents, differences
from runner.kinds.database.dump_file import private
from runner.kinds.database.postgresql import reading, tools
from runner.kinds.database.postgresql.connection import connected, within
from runner.kinds.database.postgresql.scratch import create, drop, new_name, scratch
from runner.kinds.database.postgresql.swap import swap
from runner.kinds.database.trouble import DatabaseError, unverified

if TYPE_CHECKING:
    from runner.kinds.database.postgresql.connection import Connection


class PostgresqlDatabase:
    """A database of a server."""

    def __init__(self, address: Address, scratch_address: Address | None = None) -> None:
        """Name it, and the server on which backups of it are tried, if that is another."""
        self.address = address
        self._elsewhere = scratch_address or address

    def identity(self) -> str:
        """Ask the server which one it is."""
        with connected(self.address) as connection:
            return reading.identity(connection)

    def facts(self) -> Facts:
        """Ask the server."""
        with connected(self.address) as connection:
            return reading.facts(connection)

    def contents(self, bench: Workbench) -> Contents:
        """Read it in one view."""
        with connected(self.address) as connection, _view(connection):
            return reading.contents(connection, bench.go_on)

    def dump(self, path: Path, bench: Workbench) -> Dumped:
        """Dump what an exported snapshot sees, and read the same; others may go on writing."""
        tool = tools.program(tools.DUMP, bench)
        with connected(self.address) as connection, _view(connection):
            tools.refuse_older(tool, connection.info.parameter_status("server_version") or "")
            before = reading.sequences(connection)
            (snapshot,) = connection.execute("SELECT pg_export_snapshot()").fetchone() or ("",)
            private(path)
            tools.dump(self.address, str(snapshot), path, bench)
            after = reading.sequences(connection)
            contents = reading.contents(connection, bench.go_on)
        settled = {name: state for name, state in after.items() if before.get(name) == state}
        # A sequence that moved while it was dumped has no one value that the dump must hold.
        return Dumped(replace(contents, sequences=settled), {tool.name: tool.version})

    def restored(self, path: Path, bench: Workbench) -> Contents:
        """Restore it into a database of its own, read that, and drop it."""
        with scratch(self._elsewhere, bench) as name:
            trial = within(self._elsewhere, name)
            try:
                tools.restore(trial, path, bench)
                return PostgresqlDatabase(trial).contents(bench)
            except DatabaseError as error:
                bench.go_on()  # an interrupt says nothing about the dump
                raise unverified(error.message, error.hint) from error

    def restore(self, path: Path, expected: Contents, bench: Workbench) -> Restored:
        """Restore it into a new database, compare, and exchange the two names at once."""
        name = new_name(f"{self.address.settings['dbname']}_restored")
        fresh = within(self.address, name)
        create(self.address, name)
        try:
            tools.restore(fresh, path, bench, owners=True)
            found = PostgresqlDatabase(fresh).contents(bench)
            _refuse_differences(expected, found)
            kept = swap(self.address, name)
        except BaseException:
            drop(self.address, name)
            raise
        return Restored(found, kept)


def _refuse_differences(expected: Contents, found: Contents) -> None:
    if different := differences(expected, found):
        raise unverified(different[0], "the database was left as it is")


@contextlib.contextmanager
def _view(connection: Connection) -> Iterator[None]:
    """Let everything in the block see the database as it is now."""
    connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    yield
    connection.execute("COMMIT")
