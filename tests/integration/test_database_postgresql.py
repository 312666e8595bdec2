"""The kind ``database`` on a real PostgreSQL server, with its own programs and roles."""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from support.postgres import PASSWORD, Cluster, cluster
from unit.kinds.fakes import ProcessContext, action_of

from runner.kinds.database import operations
from runner.kinds.database.kind import DATABASE
from runner.kinds.database.record import NAME
from runner.model import StepReport

_NUMBERS = count()


@pytest.fixture(scope="module")
def server() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@dataclass
class Book:
    """A database of the server, and what is done with it."""

    server: Cluster
    name: str
    context: ProcessContext

    def run(self, operation: str, more: str = "", url: str = "") -> StepReport:
        self.context.env = {**self.context.env, "DB": url or self.server.url(self.name)}
        report = action_of(DATABASE, f"{{operation: {operation}, url_env: DB{more}}}").run(
            self.context
        )
        told = f"{report} {self.context.logged} {self.context.recorded}"
        assert PASSWORD not in told
        return report

    def passed(self, operation: str, more: str = "") -> StepReport:
        report = self.run(operation, more)
        assert (report.outcome, report.reason) == ("passed", "")
        assert report.assertions
        return report

    def errored(self, operation: str, more: str = "", url: str = "") -> StepReport:
        report = self.run(operation, more, url)
        assert report.outcome == "errored"
        assert report.hint
        assert self.scratch_databases() == set()
        return report

    def execute(self, *statements: str) -> None:
        self.server.execute(*statements, database=self.name, user="owner")

    def value(self, query: str) -> object:
        with self.server.connect(self.name, "owner") as connection:
            row = connection.execute(query.encode()).fetchone()
        assert row is not None
        return row[0]

    def scratch_databases(self) -> set[str]:
        return {name for name in self.server.databases() if name.startswith("upgrade_runner")}

    @property
    def record(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.context.recorded[NAME])
        return told

    @property
    def dump(self) -> Path:
        return self.context.output / str(self.record["path"])


@pytest.fixture
def book(server: Cluster, tmp_path: Path) -> Iterator[Book]:
    name = f"shop{next(_NUMBERS)}"
    server.execute(f"CREATE DATABASE {name} OWNER owner")
    context = ProcessContext(tmp_path, env={"RUN_ID": "20261127T100000Z-abc123"}, remaining=120)
    made = Book(server, name, context)
    made.execute(
        "CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)",
        "INSERT INTO alembic_version VALUES ('abc')",
        """CREATE TABLE things (id serial PRIMARY KEY, text text, number double precision,
           moment timestamptz, raw bytea, json jsonb, amount numeric,
           kind varchar(5) CHECK (kind IN ('a', 'b')))""",
        """INSERT INTO things (text, number, moment, raw, json, amount, kind)
           SELECT 'row ' || i || E'\\t\\n\\\\', i / 7.0, '2026-11-27 10:00+02', '\\x00ff',
           '{"a": [1, null]}', 1.10, 'a' FROM generate_series(1, 5000) i""",
        "INSERT INTO things (number) VALUES ('NaN'), ('-infinity'), ('-0')",
        "CREATE INDEX by_text ON things (text)",
        'CREATE SCHEMA "Other one"',
        'CREATE TABLE "Other one"."Odd ""table" (a int GENERATED ALWAYS AS IDENTITY, b text)',
        """INSERT INTO "Other one"."Odd ""table" (b) VALUES (''), (NULL), ('NULL'), ('\\N')""",
        "CREATE TABLE parts (a int) PARTITION BY RANGE (a)",
        "CREATE TABLE part_1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
        "INSERT INTO parts VALUES (1), (2)",
    )
    yield made
    assert made.scratch_databases() == set()


def test_a_backup_is_restored_before_it_counts(book: Book) -> None:
    book.passed("backup")
    record = book.record
    assert record["engine"] == "postgresql"
    assert record["server"].startswith("PostgreSQL ")
    assert record["database"] == f"postgresql://owner@127.0.0.1:{book.server.port}/{book.name}"
    assert record["identity"].endswith(f" {book.name}")
    assert record["contents"]["revision"] == "abc"
    assert {one["name"]: one["rows"] for one in record["contents"]["tables"]} == {
        '"Other one"."Odd ""table"': 4,
        "public.alembic_version": 1,
        "public.part_1": 2,
        "public.parts": 0,
        "public.things": 5_003,
    }
    assert record["contents"]["sequences"]["public.things_id_seq"] == "5003"
    assert stat.S_IMODE(book.dump.stat().st_mode) == 0o600
    assert {one.argv[0] for one in book.passed("verify").executions} == {"pg_restore"}


def test_no_password_is_in_any_argv(book: Book) -> None:
    book.passed("backup")
    book.passed("restore")
    assert len(book.context.commands) >= 4
    for command in book.context.commands:
        assert PASSWORD not in " ".join(command.argv)
        assert command.env.get("PGPASSWORD", PASSWORD) == PASSWORD


def test_a_source_that_changes_all_the_time_is_compared_with_one_snapshot(book: Book) -> None:
    stop = threading.Event()

    def write() -> None:
        with book.server.connect(book.name, "owner") as connection:
            while not stop.is_set():
                connection.execute("INSERT INTO things (text) VALUES ('busy')")
                connection.execute("DELETE FROM things WHERE id = (SELECT min(id) FROM things)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        book.passed("backup")
    finally:
        stop.set()
        writer.join()
    rows = {one["name"]: one["rows"] for one in book.record["contents"]["tables"]}
    assert rows["public.things"] in {5_003, 5_004}
    assert int(str(book.value("SELECT max(id) FROM things"))) > 5_003


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("text", "'row 9 '"),
        ("number", "'1e-300'"),
        ("moment", "'2026-11-27 10:00:00.000001+02'"),
        ("raw", r"'\x00fe'"),
        ("json", "'{\"a\": [1, 2]}'"),
        ("amount", "1.1"),
        ("kind", "NULL"),
    ],
)
def test_one_changed_value_is_another_checksum(book: Book, column: str, value: str) -> None:
    book.passed("backup")
    before = {one["name"]: one for one in book.record["contents"]["tables"]}
    change = f"UPDATE things SET {column} = {value} WHERE id = 9"  # noqa: S608 - as above
    book.execute(change)
    book.passed("backup")
    after = {one["name"]: one for one in book.record["contents"]["tables"]}
    assert [name for name in before if before[name] != after[name]] == ["public.things"]
    assert before["public.things"]["rows"] == after["public.things"]["rows"]


def test_tables_that_were_written_anew_have_the_same_checksum(book: Book) -> None:
    book.passed("backup")
    before = book.record["contents"]
    book.execute("UPDATE things SET text = text WHERE id % 3 = 0", "CLUSTER things USING by_text")
    book.passed("backup")
    assert book.record["contents"] == before


def test_a_flipped_byte_and_a_truncation_are_refused(book: Book) -> None:
    book.passed("backup")
    whole = book.dump.read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 1
    book.dump.write_bytes(damaged)
    for operation in ("verify", "restore"):
        reason = book.errored(operation).reason
        assert reason.startswith("backup not verified: ")
        assert "its SHA-256 differs" in reason
    book.dump.write_bytes(whole[:-100])
    assert "bytes" in book.errored("verify").reason


def flipped(content: bytes, place: float) -> bytes:
    """Change one bit."""
    changed = bytearray(content)
    changed[int(len(content) * place)] ^= 1
    return bytes(changed)


def cut(content: bytes, place: float) -> bytes:
    """Keep what stands before a place."""
    return content[: int(len(content) * place)]


@pytest.mark.parametrize(
    ("change", "place"),
    [(flipped, 0.3), (flipped, 0.5), (flipped, 0.9), (cut, 0.0), (cut, 0.5), (cut, 0.99)],
)
def test_a_dump_that_is_damaged_before_it_is_tried_is_refused(
    book: Book,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[bytes, float], bytes],
    place: float,
) -> None:
    def damage(path: Path, _: object) -> str:
        path.write_bytes(change(path.read_bytes(), place))
        return "0" * 64

    monkeypatch.setattr(operations, "sha256_of", damage)
    assert book.errored("backup").reason.startswith("backup not verified: ")
    assert NAME not in book.context.recorded
    assert not list((book.context.output / "backups").iterdir())


def test_a_backup_of_another_database_is_refused(book: Book) -> None:
    book.passed("backup")
    other = f"{book.name}_other"
    book.server.execute(f"CREATE DATABASE {other} OWNER owner TEMPLATE {book.name}")
    reason = book.errored("verify", url=book.server.url(other)).reason
    assert reason.startswith("backup not verified: it is of another database: ")


def test_restore_exchanges_the_names_at_once(book: Book) -> None:
    book.passed("backup")
    before = book.record["contents"]
    book.execute("DROP TABLE things", "UPDATE alembic_version SET version_num = 'newer'")
    report = book.passed("restore")
    assert book.value("SELECT version_num FROM alembic_version") == "abc"
    assert book.value("SELECT count(*) FROM things") == 5_003
    kept = report.outputs["kept"]
    with book.server.connect(kept) as connection:
        row = connection.execute(b"SELECT version_num FROM alembic_version").fetchone()
    assert row == ("newer",)
    book.passed("verify")  # it still is the same database
    book.passed("backup")
    assert book.record["contents"] == before
    book.execute("INSERT INTO things (text) VALUES ('a new key')")


def test_a_database_in_use_is_not_exchanged(book: Book) -> None:
    book.passed("backup")
    databases = book.server.databases()
    with book.server.connect(book.name, "owner"):
        report = book.errored("restore")
    assert "1 connections are open to it" in report.reason
    assert "stop the server" in report.hint
    assert book.server.databases() == databases


def test_a_restore_that_differs_leaves_the_database_alone(book: Book) -> None:
    book.passed("backup")
    databases = book.server.databases()
    record = book.record
    record["contents"]["revision"] = "another"
    book.context.recorded[NAME] = json.dumps(record).encode()
    report = book.errored("restore")
    assert report.reason == "backup not verified: schema revision abc, expected another"
    assert book.server.databases() == databases


def test_an_empty_database_has_nothing_to_back_up(book: Book) -> None:
    name = f"{book.name}_empty"
    book.server.execute(f"CREATE DATABASE {name} OWNER owner")
    assert "has no table" in book.errored("backup", url=book.server.url(name)).reason


def test_what_is_wrong_with_the_url_is_told(book: Book) -> None:
    server = book.server
    nowhere = server.url(book.name).replace(f":{server.port}/", ":1/")
    cases = [
        (server.url(book.name, password="not the password"), "correct user or password"),
        (server.url("nothing"), "correct the name of the database"),
        (server.url(book.name, user="nobody"), "correct user or password"),
        (nowhere, "is the server up"),
        (nowhere.replace("127.0.0.1", "no-such-host.invalid"), "correct the host"),
        (f"{server.url(book.name)}?sslmode=require", "sslmode"),
        (f"{server.url(book.name)}?pool_size=5", "known are"),
    ]
    for url, hint in cases:
        report = book.errored("backup", url=url)
        assert hint in report.hint, report
        assert "not the password" not in f"{report} {book.context.logged}"


def test_a_variable_that_is_not_set_is_told(book: Book) -> None:
    report = action_of(DATABASE, "{operation: backup, url_env: NOT_SET}").run(book.context)
    assert report.reason == "the database's URL is not there: NOT_SET is not set"
    assert "secrets" in report.hint


def test_a_role_without_rights_is_told(book: Book) -> None:
    book.server.execute(f"CREATE ROLE {book.name}_reader LOGIN PASSWORD '{PASSWORD}'")
    url = book.server.url(book.name, user=f"{book.name}_reader")
    report = book.errored("backup", url=url)
    assert "permission denied" in report.reason
    book.execute(
        f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {book.name}_reader",
        f"GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {book.name}_reader",
        'DROP SCHEMA "Other one" CASCADE',
    )
    report = book.errored("backup", url=url)
    assert "may not create the database that a backup is restored into" in report.reason
    assert "CREATEDB" in report.hint
    book.context.env = {**book.context.env, "SCRATCH": book.server.url("postgres")}
    report = book.run("backup", ", scratch_url_env: SCRATCH", url=url)
    assert (report.outcome, report.reason) == ("passed", "")


def test_another_engine_to_try_backups_on_is_refused(book: Book) -> None:
    book.context.env = {**book.context.env, "SCRATCH": "sqlite:///a.db"}
    report = book.run("backup", ", scratch_url_env: SCRATCH")
    assert report.reason == "SCRATCH is of another engine than the database"


@pytest.mark.parametrize(
    ("script", "reason", "hint"),
    [
        ("echo 'pg_dump (PostgreSQL) 9.6.24'", "pg_dump 9.6.24 is older than the server", "client"),
        ("echo 'something else'", "said no version", "PostgreSQL's"),
        ("echo broken >&2; exit 1", "pg_dump: broken", "log"),
    ],
)
def test_a_pg_dump_that_does_not_fit_is_told(
    book: Book, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str, hint: str
) -> None:
    program = tmp_path / "bin" / "pg_dump"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    report = book.errored("backup")
    assert reason in report.reason
    assert hint in report.hint


def test_no_pg_dump_at_all_is_told(book: Book, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "pg_dump" in book.errored("backup").reason


def test_an_interrupt_while_it_is_read_leaves_no_scratch(book: Book) -> None:
    book.context.stopping = "SIGINT"
    assert book.run("backup").reason == "interrupted by SIGINT"
    assert NAME not in book.context.recorded
    assert not list((book.context.output / "backups").iterdir())


def test_the_revision_is_told(book: Book) -> None:
    assert book.passed("revision", ", moment: before").outputs == {"revision": "abc"}
    told = json.loads(book.context.recorded["database-before.json"])
    assert told["identity"] == f"postgresql {book.value(_SYSTEM)} {book.name}"


_SYSTEM = "SELECT system_identifier::text FROM pg_control_system()"
