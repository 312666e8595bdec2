"""The kind on SQLite: backed up and proved, damaged and refused, restored."""

from __future__ import annotations

import json
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from unit.kinds.fakes import FakeContext, ProcessContext, action_of

from runner.errors import DossierError
from runner.kinds.database import operations
from runner.kinds.database.bench import bench_of
from runner.kinds.database.dump_file import private, settle, sha256_of
from runner.kinds.database.kind import DATABASE
from runner.kinds.database.record import NAME, schema
from runner.kinds.database.sqlite import _copy, _told
from runner.kinds.database.trouble import DatabaseError
from runner.kinds.door import ContextDoor
from runner.model import StepReport


class Stopping(FakeContext):
    """Is asked to stop after a number of looks whether it is."""

    looks = 0

    @property
    def stopping(self) -> str:
        self.looks -= 1
        return "SIGINT" if self.looks < 0 else ""

    @stopping.setter
    def stopping(self, _: str) -> None:
        """Take the default that the dataclass sets."""


@dataclass
class Book:
    """A folder with a database, and what is done with it."""

    context: FakeContext
    path: Path
    first: list[str] = field(default_factory=list)

    def run(self, operation: str, more: str = "", url: str = "sqlite:///shop.db") -> StepReport:
        return action_of(DATABASE, f"{{operation: {operation}, url: '{url}'{more}}}").run(
            self.context
        )

    def passed(self, operation: str, more: str = "") -> StepReport:
        report = self.run(operation, more)
        assert (report.outcome, report.reason) == ("passed", "")
        assert report.assertions
        return report

    def errored(self, operation: str, more: str = "") -> str:
        report = self.run(operation, more)
        assert report.outcome == "errored"
        assert report.hint
        return report.reason

    @property
    def record(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.context.recorded[NAME])
        return told

    @property
    def dump(self) -> Path:
        return self.context.output / str(self.record["path"])

    def execute(self, *statements: str, path: Path | None = None) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        where = path or self.path
        with closing(sqlite3.connect(where, isolation_level=None)) as connection:
            for statement in statements:
                rows = connection.execute(statement).fetchall()
        return rows


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    made = Book(FakeContext(tmp_path, env={"RUN_ID": "run-1"}), tmp_path / "shop.db")
    made.execute(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('abc')",
        'CREATE TABLE "odd ""name" (id INTEGER PRIMARY KEY AUTOINCREMENT, value)',
        """INSERT INTO "odd ""name" (value) VALUES (1), (1.0), ('1'), (x'31'), (NULL), (1e300),
           (0.1), (-0.0), (CAST(x'ff' AS TEXT)), (x'ff'), ('a' || char(0) || 'b'), ('ü😀')""",
        'CREATE INDEX by_value ON "odd ""name" (value)',
        "CREATE TABLE empty (a TEXT)",
    )
    yield made
    folder = made.context.output / "backups"
    assert not list(folder.glob("*.part"))
    assert not list(made.context.scratch.iterdir())


def test_a_backup_is_restored_before_it_counts(book: Book) -> None:
    report = book.passed("backup")
    assert [one.what for one in report.assertions] == [
        "schema revision",
        "tables",
        "rows",
        "checksums",
    ]
    record = book.record
    jsonschema.validate(record, schema())
    assert record["engine"] == "sqlite"
    assert record["package"] == "mlflow"
    assert record["version"] == "3.6.0"
    assert record["run"] == "run-1"
    assert record["identity"] == f"sqlite {book.path.resolve()}"
    assert record["contents"]["revision"] == "abc"
    rows = {one["name"]: one["rows"] for one in record["contents"]["tables"]}
    assert rows == {'odd "name': 12, "alembic_version": 1, "empty": 0}
    assert stat.S_IMODE(book.dump.stat().st_mode) == 0o600
    assert stat.S_IMODE(book.dump.parent.stat().st_mode) == 0o700
    assert report.outputs["path"] == str(book.dump)
    assert book.execute('SELECT count(*) FROM "odd ""name"', path=book.dump) == [(12,)]
    book.passed("verify")


def test_each_value_and_type_counts(book: Book) -> None:
    values = ["1", "1.0", "'1'", "x'31'", "NULL", "0.1", "0.10000000000000002", "-0.0", "0.0"]
    values += ["9223372036854775807", "9223372036854775807.0", "'é'", "CAST(x'c3' AS TEXT)"]
    values += [
        "x'c3'",
        "CAST(x'ff' AS TEXT)",
        "x'ff'",
        "'ÿ'",
        "1, 1",
        "'1', ''",
        "1), (2",
    ]
    checksums = set()
    for value in values:
        made = f"CREATE TABLE anything AS VALUES ({value})"
        book.execute("DROP TABLE IF EXISTS anything", made)
        book.passed("backup")
        tables = {one["name"]: one["sha256"] for one in book.record["contents"]["tables"]}
        checksums.add(tables["anything"])
    assert len(checksums) == len(values)


def test_the_physical_order_of_rows_does_not_count(book: Book) -> None:
    book.execute("CREATE TABLE t (a)", "INSERT INTO t VALUES (1), (2), (3)")
    book.passed("backup")
    before = book.record["contents"]
    book.execute("DELETE FROM t", "INSERT INTO t VALUES (3), (1), (2)", "VACUUM")
    book.passed("backup")
    assert book.record["contents"] == before


def test_a_database_in_wal_mode_with_a_writer_beside(book: Book) -> None:
    book.execute("PRAGMA journal_mode=WAL")
    with closing(sqlite3.connect(book.path)) as writer:
        writer.execute("INSERT INTO empty VALUES ('committed')")
        writer.commit()
        writer.execute("INSERT INTO empty VALUES ('not committed')")
        book.passed("backup")
        book.passed("verify")
    rows = {one["name"]: one["rows"] for one in book.record["contents"]["tables"]}
    assert rows["empty"] == 1


def test_every_flipped_byte_and_every_truncation_is_refused(book: Book) -> None:
    book.passed("backup")
    whole = book.dump.read_bytes()
    for position in range(0, len(whole), 1021):
        damaged = bytearray(whole)
        damaged[position] ^= 1
        book.dump.write_bytes(damaged)
        assert "not what was recorded: its SHA-256 differs" in book.errored("verify")
    for size in (0, 1, 4096, len(whole) - 1):
        book.dump.write_bytes(whole[:size])
        reason = book.errored("verify")
        assert reason.startswith("backup not verified: ")
        assert f"has {size} bytes, {len(whole)} were recorded" in reason
    assert book.errored("restore").startswith("backup not verified: ")
    book.dump.unlink()
    assert "is not there any more" in book.errored("verify")


def test_a_backup_of_another_database_is_refused(book: Book, tmp_path: Path) -> None:
    book.passed("backup")
    book.execute("CREATE TABLE alembic_version (version_num)", path=tmp_path / "other.db")
    report = book.run("verify", url="sqlite:///other.db")
    assert report.outcome == "errored"
    assert report.reason.startswith("backup not verified: it is of another database: ")


def test_a_dump_that_nobody_recorded_is_refused(book: Book) -> None:
    book.passed("backup")
    book.context.recorded.clear()
    reason = book.errored("verify")
    assert reason == "backup not verified: this dossier has the record of none"


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("path", "../elsewhere", "no path below backups"),
        ("path", "backups/../x", "no path below backups"),
        ("format", "other/1", "of the format 'other/1'"),
        ("bytes", "many", "is no record of one"),
    ],
)
def test_a_record_that_is_none_is_refused(book: Book, key: str, value: str, reason: str) -> None:
    book.passed("backup")
    book.context.recorded[NAME] = json.dumps({**book.record, key: value}).encode()
    assert reason in book.errored("verify")


def test_a_record_that_was_changed_is_refused(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    def recall(_: FakeContext, name: str) -> bytes:
        raise DossierError(f"{name} is not what was recorded", hint="again")

    monkeypatch.setattr(FakeContext, "recall", recall)
    assert book.errored("verify") == f"backup not verified: {NAME} is not what was recorded"


def test_a_dump_that_differs_from_its_source_is_refused(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forge(path: Path, _: object) -> str:
        """Change the dump right after it was hashed, as a bad disk would."""
        book.execute("DELETE FROM alembic_version", path=path)
        return "0" * 64

    monkeypatch.setattr(operations, "sha256_of", forge)
    report = book.run("backup")
    assert report.outcome == "errored"
    assert report.reason.startswith("backup not verified: what was restored from ")
    assert "schema revision none, expected abc" in report.reason
    assert NAME not in book.context.recorded
    assert not list((book.context.output / "backups").iterdir())


def test_a_dump_that_changes_while_it_is_verified_is_refused(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter(["0" * 64, "1" * 64])
    monkeypatch.setattr(operations, "sha256_of", lambda *_: next(answers))
    report = book.run("backup")
    assert report.reason.endswith("has changed while it was restored")
    assert NAME not in book.context.recorded


@pytest.mark.parametrize("position", [0, 30, 4096 + 3])
def test_a_damaged_source_is_told(book: Book, position: int) -> None:
    content = bytearray(book.path.read_bytes())
    content[position : position + 40] = b"\xff" * 40
    book.path.write_bytes(content)
    assert str(book.path) in book.errored("backup")
    assert NAME not in book.context.recorded


def test_damage_that_only_the_restored_copy_shows(book: Book) -> None:
    """An index that does not fit its table is read by no SELECT of all rows."""
    book.execute(
        "PRAGMA writable_schema=ON",
        "UPDATE sqlite_master SET rootpage = "
        "(SELECT rootpage FROM sqlite_master WHERE name = 'empty') WHERE name = 'by_value'",
    )
    report = book.run("backup")
    assert report.outcome == "errored"
    assert report.reason.startswith("backup not verified: SQLite's integrity check says: ")


def test_nothing_to_back_up_is_no_backup(book: Book) -> None:
    book.path.unlink()
    assert "has no table: there is nothing to back up" in book.errored("backup")
    book.execute("PRAGMA user_version=1")
    assert "has no table" in book.errored("backup")


def test_a_path_that_is_no_file(book: Book) -> None:
    book.path.unlink()
    book.path.mkdir()
    assert "there is no database" in book.errored("backup")


def test_a_locked_database_is_told(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.kinds.database.sqlite._BUSY", 0.0)
    with closing(sqlite3.connect(book.path)) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "is locked by another process" in book.errored("backup")


def test_a_folder_that_cannot_be_written(book: Book) -> None:
    book.context.output.mkdir()
    (book.context.output / "backups").write_text("in the way")
    assert "cannot write" in book.errored("backup")
    (book.context.output / "backups").unlink()


def test_an_interrupt_at_any_time_leaves_nothing(book: Book, tmp_path: Path) -> None:
    interrupted = 0
    while True:
        book.context = context = Stopping(tmp_path, env={"RUN_ID": "run-1"})
        context.looks = interrupted
        report = book.run("backup")
        if report.outcome == "passed":
            break
        assert report.reason == "interrupted by SIGINT"
        assert NAME not in book.context.recorded
        assert not list((book.context.output / "backups").iterdir())
        interrupted += 1
    assert interrupted > 3


def test_the_end_of_the_time_is_told(book: Book) -> None:
    book.context.remaining = 0.0
    assert book.errored("backup") == "timed out"


def test_restore_brings_all_of_it_back_and_keeps_what_was_there(book: Book) -> None:
    book.passed("backup")
    book.execute("DELETE FROM alembic_version", "INSERT INTO alembic_version VALUES ('newer')")
    report = book.passed("restore")
    assert book.execute("SELECT * FROM alembic_version") == [("abc",)]
    kept = Path(report.outputs["kept"])
    assert kept.name == "shop.db.replaced-run-1"
    assert book.execute("SELECT * FROM alembic_version", path=kept) == [("newer",)]


@pytest.mark.parametrize("way", ["keep", "none"])
def test_restore_asks_whether_it_has_to_be(book: Book, way: str) -> None:
    told = f'{{"way": "{way}", "reason": "they fit"}}'
    book.context = ProcessContext(book.context.repository, env={"RUN_ID": "run-1"})
    report = book.passed("restore", f", way: [echo, '{told}']")  # there is no backup either
    assert [(one.what, one.actual) for one in report.assertions] == [("data", "they fit")]
    assert book.context.logged[-1].endswith("shop.db stays as it is: they fit")
    assert book.errored("restore", ', way: [echo, \'{"way": "restore", "reason": ""}\']') == (
        "backup not verified: this dossier has the record of none"
    )
    assert book.errored("restore", ", way: [echo, maybe]").startswith(
        "echo did not tell whether the data have to go back"
    )
    assert book.errored("restore", ", way: ['false']").startswith("false: ")


def test_restore_of_a_database_that_is_gone_or_broken(book: Book) -> None:
    book.execute("PRAGMA journal_mode=WAL")
    book.passed("backup")
    book.path.unlink()
    report = book.passed("restore")
    assert report.outputs["kept"] == ""
    assert book.execute("SELECT * FROM alembic_version") == [("abc",)]
    content = bytearray(book.path.read_bytes())
    content[4096:] = os.urandom(len(content) - 4096)
    book.path.write_bytes(content)
    kept = Path(book.passed("restore").outputs["kept"])
    assert kept.read_bytes() == content
    assert book.execute("SELECT * FROM alembic_version") == [("abc",)]


def test_restore_over_what_is_no_database_at_all(book: Book) -> None:
    book.passed("backup")
    book.path.write_bytes(b"no database" * 1000)
    kept = Path(book.passed("restore").outputs["kept"])
    assert kept.read_bytes() == b"no database" * 1000
    assert book.execute("SELECT * FROM alembic_version") == [("abc",)]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SQLITE_CANTOPEN_ISDIR", "a.db cannot be opened: why"),
        ("SQLITE_READONLY", "a.db cannot be opened: why"),
        ("SQLITE_CORRUPT_INDEX", "a.db is no whole SQLite database: why"),
        ("SQLITE_BUSY_SNAPSHOT", "a.db is locked by another process for more than 10 s"),
        ("SQLITE_FULL", "a.db: why"),
    ],
)
def test_errors_of_sqlite_are_told(name: str, message: str) -> None:
    error = sqlite3.OperationalError("why")
    error.sqlite_errorname = name
    assert _told(Path("a.db"), error).message == message


def test_a_target_that_cannot_take_the_copy(book: Book) -> None:
    with closing(sqlite3.connect(book.path)) as source, closing(sqlite3.connect(":memory:")) as to:
        to.close()
        with pytest.raises(sqlite3.ProgrammingError):
            _copy(source, to, book.path, bench_of(book.context, ContextDoor(book.context)))


def test_files_that_cannot_be_made_read_or_moved(tmp_path: Path) -> None:
    gone = tmp_path / "gone" / "file"
    with pytest.raises(DatabaseError, match="cannot write"):
        private(gone)
    with pytest.raises(DatabaseError, match="cannot write"):
        settle(gone, gone.with_name("other"))
    with pytest.raises(DatabaseError, match=r"backup not verified: .* cannot be read"):
        sha256_of(gone, lambda: None)


def test_restore_that_does_not_give_what_was_recorded(book: Book) -> None:
    book.passed("backup")
    record = book.record
    record["contents"]["revision"] = "another"
    book.context.recorded[NAME] = json.dumps(record).encode()
    report = book.run("restore")
    assert report.outcome == "errored"
    assert report.reason == "after the restore schema revision abc, expected another"
    assert "replaced-run-1" in report.hint


def test_the_revision_is_told_and_recorded(book: Book) -> None:
    report = book.passed("revision", ", moment: before")
    assert report.outputs == {"revision": "abc"}
    told = json.loads(book.context.recorded["database-before.json"])
    assert told["revision"] == "abc"
    assert told["version"] == "3.6.0"
    action = action_of(
        DATABASE,
        "{operation: revision, url: 'sqlite:///shop.db', moment: after}",
        "{revision: {equals: def}}",
    )
    failed = action.run(book.context)
    assert failed.outcome == "failed"
    assert failed.reason == "revision: 'abc', expected to equal 'def'"
    book.execute("DELETE FROM alembic_version")
    assert "has no schema revision" in book.errored("revision", ", moment: after")
    book.execute("DROP TABLE alembic_version")
    assert "has no schema revision" in book.errored("revision", ", moment: after")
