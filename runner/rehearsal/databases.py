"""The database: its address, its copy, and what stands in it.

SQLite alone so far: it is copied by its own online backup, which is consistent also while others
write, and opened read-only, so that the original is not written to.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from runner.errors import RunnerError, UsageError

_ADDRESS = re.compile(r"(?P<head>sqlite(?:\+\w+)?:///)(?P<path>.+)")
"""As SQLAlchemy writes it: three slashes and a path, which is absolute with a fourth."""
_PAGES = 4096
"""Pages copied at once, between which ^C is heard."""
_BESIDE = ("", "-wal", "-journal")
"""A database's files: https://www.sqlite.org/tempfiles.html; ``-shm`` holds no content."""


class DatabaseError(RunnerError):
    """A database that cannot be copied or read."""


@dataclass(frozen=True)
class Database:
    """A SQLite database."""

    path: Path
    """Its file, absolute."""
    head: str
    """What stands before the path in its address: ``sqlite:///``, or nothing for a plain path."""

    @property
    def address(self) -> str:
        """Its address, in the form in which the playbook has it."""
        return f"{self.head}{self.path}"

    @property
    def size(self) -> int:
        """Bytes on the disk; 0 where it is not there."""
        return sum(one.stat().st_size for one in self.files())

    def files(self) -> Iterator[Path]:
        """Give the files that are there."""
        named = (self.path.with_name(self.path.name + tail) for tail in _BESIDE)
        return (one for one in named if one.is_file())

    def at(self, path: Path) -> Database:
        """Give a database of the same form elsewhere."""
        return Database(path, self.head)


@dataclass(frozen=True)
class Table:
    """What stands in a table."""

    columns: tuple[str, ...]
    """In their order."""
    rows: int
    """How many."""
    sha256: str
    """Over all rows, in the order of their values."""


@dataclass(frozen=True)
class Reading:
    """What stands in a database."""

    revision: str
    """Alembic's, else SQLite's ``user_version``."""
    tables: Mapping[str, Table]
    """By name."""

    @property
    def rows(self) -> int:
        """In all tables."""
        return sum(one.rows for one in self.tables.values())


def database_at(address: str, repository: Path) -> Database:
    """Read an address; raises UsageError for one that is not SQLite's."""
    if "://" not in address:
        return Database(repository / address, "")
    known = _ADDRESS.fullmatch(address.partition("?")[0])
    if known is None:
        scheme = address.partition("://")[0]
        raise UsageError(
            f"a database '{scheme}://…' cannot be copied for a rehearsal",
            hint="rehearse on a copy in SQLite: --set vars.NAME=sqlite:///PATH",
        )
    return Database(repository / known["path"], known["head"])


def copy(source: Database, target: Database) -> None:
    """Copy a database, whole and checked; raises DatabaseError."""
    target.path.parent.mkdir(parents=True, exist_ok=True)
    for file in list(target.files()):
        file.unlink()
    try:
        with (
            contextlib.closing(_open(source)) as old,
            contextlib.closing(sqlite3.connect(target.path)) as new,
        ):
            old.backup(new, pages=_PAGES)
            said = new.execute("PRAGMA integrity_check(1)").fetchone()[0]
    except sqlite3.Error as error:
        raise DatabaseError(
            f"{source.path} cannot be copied: {error}", hint="is it a whole SQLite database?"
        ) from error
    if said != "ok":
        raise DatabaseError(
            f"the copy of {source.path} is damaged: {said}", hint="repair the database first"
        )


def read(database: Database) -> Reading:
    """Read every table; raises DatabaseError."""
    try:
        with contextlib.closing(_open(database)) as opened:
            opened.text_factory = _text
            listed = opened.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            names = sorted(name for (name,) in listed)
            tables = {name: _table(opened, name) for name in names}
            return Reading(_revision(opened, tables), tables)
    except sqlite3.Error as error:
        raise DatabaseError(
            f"{database.path} cannot be read: {error}", hint="see what wrote it last"
        ) from error


def _open(database: Database) -> sqlite3.Connection:
    """Open it read-only; what is not there is not made."""
    return sqlite3.connect(f"file:{quote(str(database.path))}?mode=ro", uri=True)


def _text(raw: bytes) -> str:
    """Give a text of any bytes, so that it is told from a blob of the same."""
    return raw.decode("utf-8", "surrogateescape")


def _table(opened: sqlite3.Connection, name: str) -> Table:
    quoted = '"' + name.replace('"', '""') + '"'
    columns = tuple(
        row[0]
        for row in opened.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (name,))
    )
    order = ", ".join(str(number) for number in range(1, len(columns) + 1))
    digest, rows = hashlib.sha256(), 0
    # The name is the database's own, and quoted.
    for row in opened.execute(f"SELECT * FROM {quoted} ORDER BY {order}"):  # noqa: S608
        digest.update(repr(row).encode())
        rows += 1
    return Table(columns, rows, digest.hexdigest())


def _revision(opened: sqlite3.Connection, tables: Mapping[str, Table]) -> str:
    if "alembic_version" in tables:
        heads = opened.execute("SELECT version_num FROM alembic_version ORDER BY 1").fetchall()
        return ", ".join(str(head) for (head,) in heads)
    return str(opened.execute("PRAGMA user_version").fetchone()[0])
