from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from runner.errors import UsageError
from runner.rehearsal.changes import differences, migration_of
from runner.rehearsal.databases import Database, DatabaseError, copy, database_at, read


def made(path: Path, *statements: str) -> Database:
    with closing(sqlite3.connect(path)) as opened, opened:
        for statement in statements:
            opened.execute(statement)
    return Database(path, "sqlite:///")


ITEMS = (
    "CREATE TABLE items (id INTEGER, name TEXT)",
    "INSERT INTO items VALUES (1, 'a'), (2, 'b')",
)


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("sqlite:///data/a.db", "/repo/data/a.db"),
        ("sqlite:////var/a.db", "/var/a.db"),
        ("sqlite+pysqlite:///a.db?timeout=5", "/repo/a.db"),
        ("data/a.db", "/repo/data/a.db"),
    ],
)
def test_an_address(address: str, path: str) -> None:
    assert database_at(address, Path("/repo")).path == Path(path)


def test_a_copy_keeps_the_form_of_the_address(tmp_path: Path) -> None:
    plain, url = (database_at(one, tmp_path) for one in ("a.db", "sqlite:///a.db"))
    assert plain.at(Path("/x/c.db")).address == "/x/c.db"
    assert url.at(Path("/x/c.db")).address == "sqlite:////x/c.db"


def test_an_address_of_another_kind() -> None:
    with pytest.raises(UsageError, match="'mysql://…' cannot be copied"):
        database_at("mysql://me:secret@host/db", Path("/repo"))


def test_a_copy_holds_the_same_also_what_is_in_the_log(tmp_path: Path) -> None:
    source = made(tmp_path / "a.db", "PRAGMA journal_mode = WAL", *ITEMS)
    target = source.at(tmp_path / "below" / "b.db")
    with closing(sqlite3.connect(source.path)) as writer:
        writer.execute("INSERT INTO items VALUES (3, 'c')")
        writer.commit()
        before = {one.name: one.read_bytes() for one in source.files()}
        copy(source, target)
        assert {one.name: one.read_bytes() for one in source.files()} == before
        assert set(before) == {"a.db", "a.db-wal"}
    assert read(target) == read(source)
    assert read(target).rows == 3


def test_a_copy_takes_the_place_of_another(tmp_path: Path) -> None:
    source = made(tmp_path / "a.db", *ITEMS)
    target = made(tmp_path / "b.db", "PRAGMA journal_mode = WAL", "CREATE TABLE other (x)")
    copy(source, target)
    assert set(read(target).tables) == {"items"}


def test_what_is_no_database_cannot_be_copied(tmp_path: Path) -> None:
    source = Database(tmp_path / "a.db", "")
    source.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseError, match=r"a\.db cannot be copied"):
        copy(source, source.at(tmp_path / "b.db"))
    with pytest.raises(DatabaseError, match=r"a\.db cannot be read"):
        read(source)


def test_what_is_damaged_is_not_copied(tmp_path: Path) -> None:
    source = made(tmp_path / "a.db", *ITEMS, "CREATE INDEX by_name ON items (name)")
    with closing(sqlite3.connect(source.path)) as opened, opened:
        opened.execute("PRAGMA writable_schema = ON")
        opened.execute("UPDATE sqlite_schema SET rootpage = 2 WHERE name = 'by_name'")
    with pytest.raises(DatabaseError, match=r"damaged|cannot be copied"):
        copy(source, source.at(tmp_path / "b.db"))


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    missing = Database(tmp_path / "a.db", "")
    assert missing.size == 0
    with pytest.raises(DatabaseError):
        read(missing)
    assert not missing.path.exists()


def test_the_revision(tmp_path: Path) -> None:
    assert read(made(tmp_path / "a.db", "PRAGMA user_version = 7")).revision == "7"
    alembic = (
        "CREATE TABLE alembic_version (version_num)",
        "INSERT INTO alembic_version VALUES ('bf29')",
    )
    assert read(made(tmp_path / "b.db", *alembic)).revision == "bf29"


def test_the_order_of_rows_does_not_matter_but_their_types_do(tmp_path: Path) -> None:
    turned = (ITEMS[0], "INSERT INTO items VALUES (2, 'b'), (1, 'a')")
    assert read(made(tmp_path / "a.db", *ITEMS)) == read(made(tmp_path / "b.db", *turned))
    typed = (ITEMS[0], "INSERT INTO items VALUES (1, 'a'), (2, x'62')")
    assert read(made(tmp_path / "c.db", *typed)) != read(made(tmp_path / "b.db"))


def test_what_a_migration_changed(tmp_path: Path) -> None:
    before = read(
        made(
            tmp_path / "a.db",
            *ITEMS,
            "CREATE TABLE gone (x)",
            "CREATE TABLE more (x)",
            "CREATE TABLE other (x)",
            "INSERT INTO other VALUES (1)",
            "CREATE TABLE same (x)",
        )
    )
    after = read(
        made(
            tmp_path / "a.db",
            "ALTER TABLE items ADD COLUMN size",
            "ALTER TABLE items DROP COLUMN name",
            "DROP TABLE gone",
            "CREATE TABLE fresh (x)",
            "INSERT INTO more VALUES (1)",
            "UPDATE other SET x = 2",
            "PRAGMA user_version = 2",
        )
    )
    migration = migration_of(before, after)
    assert (migration.revision_before, migration.revision_after) == ("0", "2")
    assert (migration.rows_before, migration.rows_after) == (3, 4)
    changes = {one.table: one for one in migration.tables}
    assert {name: one.change for name, one in changes.items()} == {
        "fresh": "added",
        "gone": "dropped",
        "items": "columns",
        "more": "rows",
        "other": "content",
    }
    assert changes["items"].columns_added == ("size",)
    assert changes["items"].columns_dropped == ("name",)
    assert changes["gone"].rows_after is None
    assert list(differences(before, after)) == [
        "revision 2, saved 0",
        "table fresh: added",
        "table gone: dropped",
        "table items: columns",
        "table more: 1 rows, saved 0",
        "table other: 1 rows, of another content",
    ]
    assert list(differences(before, before)) == []
