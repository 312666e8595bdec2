"""PostgreSQL: a scratch database on the same server, or on one that is named for that."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from runner.kinds.database.address import Address, parse
from runner.kinds.database.base import Workbench
from runner.kinds.database.contents import Contents
from runner.kinds.database.postgresql import PostgresqlDatabase, tools
from runner.kinds.database.postgresql.connection import connected
from runner.kinds.database.postgresql.scratch import create, drop_all
from runner.kinds.database.trouble import DatabaseError


@dataclass(frozen=True)
class PostgresqlScratch:
    """A database that is dropped in the end."""

    address: str = field(repr=False)
    """Its URL, which may hold a password."""
    beside: Address
    """A database of its server, to connect to where it is made and dropped."""
    like: Address
    """The database whose encoding and locale it gets."""

    @property
    def engine(self) -> PostgresqlDatabase:
        """The way to it."""
        return PostgresqlDatabase(parse(self.address))

    def make(self) -> None:
        """Make it."""
        create(self.beside, parse(self.address).settings["dbname"], like=self.like)

    def fill(self, dump: Path, bench: Workbench) -> Contents:
        """Restore a dump; all is the role's own, for a scratch server knows no other."""
        tools.restore(parse(self.address), dump, bench)
        return self.read(bench)

    def read(self, bench: Workbench) -> Contents:
        """Read every table in one view."""
        return self.engine.contents(bench)

    def drop(self) -> None:
        """Drop it, and those beside it that a restore has left: their names begin with its own."""
        drop_all(self.beside, parse(self.address).settings["dbname"])


@dataclass(frozen=True)
class PostgresqlOriginal:
    """The user's database."""

    url: str = field(repr=False)
    """May hold a password."""
    trial: str = field(default="", repr=False)
    """The URL of a server for scratch databases; the same server where empty."""

    @property
    def engine(self) -> PostgresqlDatabase:
        """The way to it."""
        return PostgresqlDatabase(parse(self.url))

    @property
    def shown(self) -> str:
        """Its address."""
        return parse(self.url).shown

    @property
    def server(self) -> str:
        """A database of the server on which scratch databases are made."""
        return parse(self.trial or self.url).shown

    def size(self) -> int:
        """Ask the server."""
        with connected(parse(self.url)) as connection:
            row = connection.execute("SELECT pg_database_size(current_database())").fetchone()
        return int(row[0]) if row else 0

    def empty(self) -> bool:
        """Tell whether it has no table."""
        return self.engine.facts().empty

    def sha256(self, bench: Workbench) -> str:
        """Hash its tables, rows, definitions and sequences: a server's files are never at rest."""
        found = self.engine.contents(bench)
        return hashlib.sha256(msgspec.json.encode(found)).hexdigest()

    def scratch(self, folder: Path, name: str) -> PostgresqlScratch:  # noqa: ARG002 - a server's
        """Name a database on the server."""
        beside = parse(self.trial or self.url)
        return PostgresqlScratch(renamed(self.trial or self.url, name), beside, parse(self.url))

    def clean(self, prefix: str) -> tuple[str, ...]:
        """Drop every database whose name begins so."""
        return drop_all(parse(self.trial or self.url), prefix)


def renamed(url: str, name: str) -> str:
    """Give the URL of another database of the same server, with all else as it is written."""
    head, _, rest = url.partition("://")
    body, mark, query = rest.partition("?")
    if any(one.partition("=")[0] == "dbname" for one in query.split("&")):
        raise DatabaseError(
            "the database URL names the database among its options",
            hint="write it as postgresql://host:port/name, so that a copy can be named",
        )
    return f"{head}://{body.partition('/')[0]}/{name}{mark}{query}"
