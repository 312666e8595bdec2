from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.errors import UsageError
from runner.kinds.database.bench import DoorBench
from runner.kinds.database.contents import Contents, differences
from runner.kinds.database.trouble import DatabaseError
from runner.model import Rehearsal
from runner.rehearsal.changes import migration_of
from runner.rehearsal.copies import scratch_name
from runner.rehearsal.databases.opening import original, original_at
from runner.rehearsal.databases.postgresql import PostgresqlOriginal, renamed
from runner.rehearsal.databases.sqlite import SqliteOriginal

ITEMS = (
    "CREATE TABLE items (id INTEGER, name TEXT)",
    "INSERT INTO items VALUES (1, 'a'), (2, 'b')",
)


def made(path: Path, *statements: str) -> SqliteOriginal:
    with closing(sqlite3.connect(path)) as opened, opened:
        for statement in statements:
            opened.execute(statement)
    return SqliteOriginal(path, "sqlite:///")


def bench(tmp_path: Path) -> DoorBench:
    return DoorBench(LocalDoor(tmp_path, tmp_path / "scratch"), "rehearsal-1")


def contents(tmp_path: Path, *statements: str) -> Contents:
    return made(tmp_path / "a.db", *statements).engine.contents(bench(tmp_path))


@pytest.mark.parametrize(
    ("address", "path", "copy"),
    [
        ("sqlite:///data/a.db", "/repo/data/a.db", "sqlite:////x/database.db"),
        ("sqlite:////var/a.db", "/var/a.db", "sqlite:////x/database.db"),
        ("sqlite+pysqlite:///a.db?timeout=5", "/repo/a.db", "sqlite+pysqlite:////x/database.db"),
        ("data/a.db", "/repo/data/a.db", "/x/database.db"),
    ],
)
def test_a_file_and_its_copy_of_the_same_form(address: str, path: str, copy: str) -> None:
    found = original_at(address, Path("/repo"))
    assert isinstance(found, SqliteOriginal)
    assert (found.path, found.server) == (Path(path), "")
    assert found.scratch(Path("/x"), "name").address == copy


def test_a_server_and_the_copy_beside_it_or_elsewhere() -> None:
    url = "postgresql+psycopg2://me:pa%40ss@db:5433/mlflow?sslmode=require"
    found = original_at(url, Path("/repo"))
    assert isinstance(found, PostgresqlOriginal)
    assert found.shown == found.server == "postgresql://me@db:5433/mlflow"
    copy = "postgresql+psycopg2://me:pa%40ss@db:5433/copy?sslmode=require"
    assert found.scratch(Path("/x"), "copy").address == copy
    other = original_at(url, Path("/repo"), "postgresql://else/postgres")
    assert other.server == "postgresql://else/postgres"
    assert other.scratch(Path("/x"), "copy").address == "postgresql://else/copy"
    assert "pa%40ss" not in repr((found, found.scratch(Path("/x"), "copy")))


@pytest.mark.parametrize(
    ("address", "trial", "message"),
    [
        ("mysql://me:secret@host/db", "", "a database of the dialect 'mysql' cannot be backed up"),
        ("postgresql://host/?dbname=x", "", "names the database among its options"),
        ("postgresql://host/x", "sqlite:///a.db", "it is of another engine than the database"),
    ],
)
def test_what_cannot_be_copied(address: str, trial: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        original_at(address, Path("/repo"), trial)
    assert caught.value.hint
    assert "secret" not in str(caught.value)


def test_what_the_playbook_names() -> None:
    repository, locks = Path("/repo"), ("lock.txt",)
    assert original(Rehearsal(locks), {}, {}, repository) is None
    by_variable = Rehearsal(locks, database="db")
    found = original(by_variable, {"db": "sqlite:///a.db"}, {}, repository)
    assert found is not None
    assert found.shown == "sqlite:////repo/a.db"
    by_env = Rehearsal(locks, database_env="DB", scratch_url_env="TRIAL")
    env = {"DB": "postgresql://u:p@h/d", "TRIAL": "postgresql://t/d"}
    found = original(by_env, {}, env, repository)
    assert found is not None
    assert (found.shown, found.server) == ("postgresql://u@h/d", "postgresql://t/d")
    with pytest.raises(UsageError, match="TRIAL is not set"):
        original(by_env, {}, {"DB": "postgresql://u:p@h/d"}, repository)


def test_a_name_for_all_that_comes_of_a_rehearsal() -> None:
    name = scratch_name("rehearsal-20261127T142000Z-ab12cd")
    assert name == "upgrade_runner_rehearsal_20261127t142000z_ab12cd"
    # A restore makes names of it: 54 bytes of the base and nine of its own, of 63 in all.
    assert len(name) <= 54
    assert renamed("postgresql:///x", name) == f"postgresql:///{name}"


def test_what_is_read_is_not_written_to_also_its_log(tmp_path: Path) -> None:
    source = made(tmp_path / "a.db", "PRAGMA journal_mode = WAL", *ITEMS)
    with closing(sqlite3.connect(source.path)) as writer:
        writer.execute("INSERT INTO items VALUES (3, 'c')")
        writer.commit()
        kept = {one.name: one.read_bytes() for one in tmp_path.glob("a.db*")}
    # The last writer has tidied up: as after a crash, its log is there again.
    for name in ("a.db", "a.db-wal"):
        (tmp_path / name).write_bytes(kept[name])
    lent, before = bench(tmp_path), source.sha256(bench(tmp_path))
    dumped = source.engine.dump(tmp_path / "dump", lent)
    assert dumped.contents.rows == 3
    assert source.sha256(lent) == before
    copy = source.scratch(tmp_path / "copy", "")
    copy.make()
    assert copy.fill(tmp_path / "dump", lent) == dumped.contents
    assert source.size() == len(kept["a.db"]) + len(kept["a.db-wal"])


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = SqliteOriginal(tmp_path / "a.db", "")
    assert missing.empty()
    with pytest.raises(DatabaseError, match="there is no database"):
        missing.engine.contents(bench(tmp_path))
    assert (missing.sha256(bench(tmp_path)), missing.path.exists()) == ("", False)


def test_what_a_migration_changed(tmp_path: Path) -> None:
    before = contents(
        tmp_path,
        *ITEMS,
        "CREATE TABLE alembic_version (version_num TEXT)",
        "CREATE TABLE gone (x)",
        "CREATE TABLE more (x)",
        "CREATE TABLE other (x)",
        "INSERT INTO other VALUES (1)",
        "CREATE TABLE same (x)",
        "CREATE TABLE typed (x)",
    )
    after = contents(
        tmp_path,
        "INSERT INTO alembic_version VALUES ('2')",
        "ALTER TABLE items ADD COLUMN size",
        "ALTER TABLE items DROP COLUMN name",
        "DROP TABLE gone",
        "CREATE TABLE fresh (x)",
        "INSERT INTO more VALUES (1)",
        "UPDATE other SET x = 2",
        "CREATE INDEX by_x ON typed (x)",
    )
    migration = migration_of(before, after)
    assert (migration.revision_before, migration.revision_after) == ("", "2")
    assert (migration.rows_before, migration.rows_after) == (3, 5)
    changes = {one.table: one for one in migration.tables}
    assert {name: one.change for name, one in changes.items()} == {
        "alembic_version": "rows",
        "fresh": "added",
        "gone": "dropped",
        "items": "columns",
        "more": "rows",
        "other": "content",
        "typed": "definition",
    }
    assert changes["items"].columns_added == ("size",)
    assert changes["items"].columns_dropped == ("name",)
    assert changes["gone"].rows_after is None


def test_a_copy_with_the_same_pages_is_read_once(tmp_path: Path) -> None:
    source, working = made(tmp_path / "a.db", *ITEMS), bench(tmp_path)
    scratch = source.scratch(tmp_path / "copy", "name")
    scratch.make()
    source.engine.dump(tmp_path / "dump", working)
    filled = scratch.fill(tmp_path / "dump", working)
    assert scratch.read(working) is filled
    # As many rows and bytes, in no other file than before.
    made(scratch.path, "UPDATE items SET name = 'c' WHERE id = 2")
    changed = scratch.read(working)
    assert differences(filled, changed) == ("table items: the content of its 2 rows differs",)
    scratch.engine.restore(tmp_path / "dump", filled, working)
    assert scratch.read(working) is filled


def test_a_copy_with_a_log_beside_it_is_read_anew(tmp_path: Path) -> None:
    source, working = made(tmp_path / "a.db", *ITEMS, "PRAGMA journal_mode=WAL"), bench(tmp_path)
    scratch = source.scratch(tmp_path / "copy", "name")
    scratch.make()
    source.engine.dump(tmp_path / "dump", working)
    filled = scratch.fill(tmp_path / "dump", working)
    with closing(sqlite3.connect(scratch.path)) as opened:
        opened.execute("UPDATE items SET name = 'c' WHERE id = 2")
        opened.commit()
        assert differences(filled, scratch.read(working)) != ()
    with pytest.raises(DatabaseError, match="there is no database"):
        source.scratch(tmp_path / "none", "name").read(working)
