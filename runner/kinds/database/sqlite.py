"""SQLite: the online backup API, which other connections may write beside."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec

from runner.files import sync_folder
from runner.kinds.database.base import Dumped, Facts, Restored, Workbench
from runner.kinds.database.contents import Checksum, Contents, Table, differences, digest_of
from runner.kinds.database.dump_file import private
from runner.kinds.database.trouble import DatabaseError, unverified

_BUSY = 10.0
"""Seconds to wait for a writer to let go of the file."""
_PAGES = 2048
"""Pages copied between two looks whether to go on: 8 MiB of the usual page."""
_ROWS = 10_000
"""Rows read between two looks whether to go on."""
_PACKED = msgspec.msgpack.Encoder().encode
"""Writes a row in a third of the time that its ``ascii()`` takes."""
_VERSION_TABLE = "alembic_version"
"""Alembic's default (``EnvironmentContext.configure``, ``version_table``)."""
_USER_TABLES = (
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    " ORDER BY name"
)


class SqliteDatabase:
    """A database in one file."""

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        """Name the file, absolute; nothing is opened yet.

        Opened to be written too, a database in WAL mode is tidied up when it is closed: its bytes
        change, though not its content. Read only they do not.
        """
        self.path = path
        self._mode = "mode=ro" if read_only else "mode=rw"

    def identity(self) -> str:
        """Give where it is, also where it is damaged or gone."""
        return f"sqlite {self.path.resolve()}"

    def facts(self) -> Facts:
        """Look at it; a file that is not there yet is an empty database, as its server makes it."""
        identity = self.identity()
        server = f"SQLite {sqlite3.sqlite_version}"
        if not self.path.exists():
            return Facts(identity, server, "", empty=True)
        with self._opened() as connection:
            tables = _names(connection)
            return Facts(identity, server, _revision(connection, tables), empty=not tables)

    def contents(self, bench: Workbench) -> Contents:
        """Read every table in one transaction."""
        with self._opened() as connection:
            return _contents(connection, bench)

    def dump(self, path: Path, bench: Workbench) -> Dumped:
        """Copy it page by page, in the read transaction in which it is also read."""
        with self._opened() as source:
            contents = _contents(source, bench)
            with _new(path) as target:
                _copy(source, target, self.path, bench)
        return Dumped(contents, {"sqlite": sqlite3.sqlite_version})

    def restored(self, path: Path, bench: Workbench) -> Contents:
        """Copy the dump into a scratch file by the same way as it would be put back."""
        scratch = bench.scratch / f"restored-{os.urandom(4).hex()}.db"
        try:
            return SqliteDatabase(scratch).fill(path, bench)
        except DatabaseError as error:
            bench.go_on()  # an interrupt says nothing about the dump
            raise unverified(error.message, error.hint) from error
        finally:
            scratch.unlink(missing_ok=True)

    def fill(self, path: Path, bench: Workbench) -> Contents:
        """Copy a dump into a file that is not there yet, check its pages, and read it."""
        with _dump(path) as dump, _new(self.path) as target:
            _copy(dump, target, path, bench)
        with self._opened() as connection:
            _check_pages(connection)
            return _contents(connection, bench)

    def restore(self, path: Path, expected: Contents, bench: Workbench) -> Restored:
        """Keep what is there beside it, then copy the dump over it in one transaction.

        The copy takes SQLite's own locks and journal, so that a crash leaves the old content or
        the new one, and another connection never reads a mixture.
        """
        kept = self._keep(bench)
        fresh = not self.path.exists()
        with _dump(path) as dump, _new(self.path) if fresh else self._opened() as target:
            _copy(dump, target, path, bench)
        found = self.contents(bench)
        if different := differences(expected, found):
            raise DatabaseError(
                f"after the restore {different[0]}", hint=f"what was there before is in {kept}"
            )
        return Restored(found, str(kept) if kept else "")

    def _keep(self, bench: Workbench) -> Path | None:
        """Copy what is there now; what is no database any more is renamed."""
        if not self.path.exists():
            return None
        kept = self.path.with_name(f"{self.path.name}.replaced-{bench.run_id}")
        try:
            with self._opened() as source, _new(kept) as target:
                _copy(source, target, self.path, bench)
        except _DamagedError:
            kept.unlink(missing_ok=True)
            self.path.rename(kept)
            for suffix in ("-wal", "-shm", "-journal"):
                with contextlib.suppress(FileNotFoundError):
                    self.path.with_name(self.path.name + suffix).rename(f"{kept}{suffix}")
        sync_folder(self.path.parent)
        return kept

    @contextlib.contextmanager
    def _opened(self) -> Iterator[sqlite3.Connection]:
        """Open the file, which must be there."""
        if not self.path.is_file():
            raise DatabaseError(
                f"there is no database {self.path}",
                hint="correct the URL: three slashes begin a relative path, four an absolute one",
            )
        with _connected(self.path, self._mode) as connection:
            yield connection


class _DamagedError(DatabaseError):
    """The file is no database, or not a whole one."""


@contextlib.contextmanager
def _connected(path: Path, options: str) -> Iterator[sqlite3.Connection]:
    try:
        uri = f"file:{quote(str(path))}?{options}"
        with contextlib.closing(
            sqlite3.connect(uri, uri=True, timeout=_BUSY, isolation_level=None)
        ) as connection:
            # Text need not be UTF-8, and must stay another thing than a blob of the same bytes.
            connection.text_factory = _text
            yield connection
    except sqlite3.Error as error:
        raise _told(path, error) from error


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def _told(path: Path, error: sqlite3.Error) -> DatabaseError:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return _DamagedError(
            f"{path} is no whole SQLite database: {error}", hint="restore a backup"
        )
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return DatabaseError(
            f"{path} is locked by another process for more than {_BUSY:.0f} s",
            hint="stop what writes into it, then try again",
        )
    if name.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_PERM", "SQLITE_AUTH")):
        return DatabaseError(
            f"{path} cannot be opened: {error}",
            hint="let this user read and write the file and its folder",
        )
    full = name.startswith("SQLITE_FULL")
    mend = "free some space, or choose another folder with --output" if full else ""
    return DatabaseError(f"{path}: {error}", hint=mend)


@contextlib.contextmanager
def _new(path: Path) -> Iterator[sqlite3.Connection]:
    """Make an empty file that only its owner can read, and open it."""
    private(path)
    with _connected(path, "mode=rw") as connection:
        yield connection


@contextlib.contextmanager
def _dump(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a dump, which is written by nobody and gets no file beside it."""
    with _connected(path, "mode=ro&immutable=1") as connection:
        yield connection


def _copy(
    source: sqlite3.Connection, target: sqlite3.Connection, path: Path, bench: Workbench
) -> None:
    """Copy all pages; damage is that of the source, whose path this is."""

    def progress(_status: int, _left: int, _all: int) -> None:
        bench.go_on()

    try:
        source.backup(target, pages=_PAGES, progress=progress)
    except sqlite3.DatabaseError as error:
        if isinstance(told := _told(path, error), _DamagedError):
            raise told from error
        raise


def _check_pages(connection: sqlite3.Connection) -> None:
    (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise _DamagedError(f"SQLite's integrity check says: {' '.join(str(found).split())}")


def _names(connection: sqlite3.Connection) -> list[str]:
    return [name for (name,) in connection.execute(_USER_TABLES)]


def _revision(connection: sqlite3.Connection, tables: list[str]) -> str:
    if _VERSION_TABLE not in tables:
        return ""
    rows = connection.execute(f"SELECT version_num FROM {_VERSION_TABLE}")  # noqa: S608 - constant
    return ",".join(sorted(str(name) for (name,) in rows))


def _contents(connection: sqlite3.Connection, bench: Workbench) -> Contents:
    """Read everything in a transaction, which stays open for what the caller does next."""
    connection.execute("BEGIN")
    names = _names(connection)
    tables = tuple(_table(connection, name, bench.go_on) for name in names)
    return Contents(_revision(connection, names), tables)


def _table(connection: sqlite3.Connection, name: str, go_on: Callable[[], None]) -> Table:
    quoted = '"' + name.replace('"', '""') + '"'
    query = f"SELECT * FROM {quoted}"  # noqa: S608 - quoted above
    connection.text_factory = str
    try:
        checksum = _checksum(connection.execute(query), go_on)
    except sqlite3.OperationalError:  # that is what text which is no UTF-8 is told by
        connection.text_factory = _text
        checksum = _checksum(connection.execute(query), go_on)
    finally:
        connection.text_factory = _text
    described = connection.execute(
        "SELECT type, name, sql FROM sqlite_master WHERE tbl_name = ? ORDER BY type, name", (name,)
    )
    definition = digest_of([ascii(row) for row in described])
    columns = connection.execute("SELECT name FROM pragma_table_info(?) ORDER BY cid", (name,))
    names = tuple(str(column) for (column,) in columns)
    return Table(name, checksum.rows, checksum.value(), definition, names)


def _checksum(rows: Iterable[tuple[object, ...]], go_on: Callable[[], None]) -> Checksum:
    checksum = Checksum()
    checksum.add(_written(rows, go_on))
    return checksum


def _written(rows: Iterable[tuple[object, ...]], go_on: Callable[[], None]) -> Iterator[bytes]:
    """Write each row: MessagePack has 1, 1.0, '1' and b'1' differently, a float to its last bit."""
    for number, row in enumerate(rows, 1):
        try:
            yield _PACKED(row)
        except UnicodeEncodeError:  # begins with a parenthesis, as no row in MessagePack does
            yield ascii(row).encode("ascii")
        if number % _ROWS == 0:
            go_on()
