"""The YAML of the kind, what a plan shows of it, and its programs' ends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace
from unit.kinds.fakes import FakeContext, ProcessContext, action_of, execution, problems_of

from runner.kinds.base import Finished
from runner.kinds.database.bench import bench_of
from runner.kinds.database.kind import DATABASE
from runner.kinds.database.opening import Target
from runner.kinds.database.trouble import DatabaseError
from runner.kinds.door import ContextDoor
from runner.model import Begun


def test_what_would_be_done_is_told_without_the_url() -> None:
    action = action_of(DATABASE, "{operation: backup, url_env: DB}")
    assert action.describe() == ("dump $DB, restore the dump into a scratch database, and compare",)
    action = action_of(
        DATABASE, "{operation: guard, url: 'sqlite:///a.db', revisions: [python, x.py]}"
    )
    assert action.describe() == (
        "compare the revision of sqlite:///a.db with that of the server",
        "python x.py",
    )
    assert Target(url_env="DB").describe() == "$DB"


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ("{}", "operation"),
        ("{operation: backup}", "url"),
        ("{operation: drop, url_env: DB}", "one of backup"),
        ("{operation: backup, url_env: DB, url: 'sqlite:///a.db'}", "url"),
        ("{operation: backup, url: 'postgresql://u:p@h/d'}", "'url_env'"),
        ("{operation: backup, url: 'postgresql://u@p@h/d'}", "without a password"),
        ("{operation: backup, url: a.db}", "a database URL"),
        ("{operation: backup, url_env: 'not a name'}", "environment variable"),
        ("{operation: revision, url_env: DB, moment: during}", "one of before, after"),
        ("{operation: guard, url_env: DB, revisions: []}", "at least 1"),
    ],
)
def test_what_stands_under_with(parameters: str, problem: str) -> None:
    assert problem in " ".join(problems_of(DATABASE, parameters))


@pytest.mark.parametrize(
    ("parameters", "expectation", "problem"),
    [
        ("{operation: revision, url_env: DB}", "", "needs 'moment'"),
        ("{operation: backup, url_env: DB, moment: after}", "", "has no 'moment'"),
        ("{operation: guard, url_env: DB}", "", "needs 'revisions'"),
        ("{operation: verify, url_env: DB, revisions: [x]}", "", "has no 'revisions'"),
        ("{operation: backup, url_env: DB, way: [x]}", "", "has no 'way'"),
        ("{operation: backup, url_env: DB}", "{revision: {equals: a}}", "expects no revision"),
        ("{operation: backup, url: 'sqlite:///:memory:'}", "", "in memory"),
        ("{operation: backup, url: 'mysql://h/d'}", "", "dialect 'mysql'"),
    ],
)
def test_what_does_not_fit_together(parameters: str, expectation: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        action_of(DATABASE, parameters, expectation)


def test_the_guard_as_a_step(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT 'a' AS version_num")
    context = ProcessContext(tmp_path)
    guard = "{operation: guard, url: 'sqlite:///a.db', revisions: [echo, '%s']}"
    same = guard % '{"heads": ["a"], "revisions": ["a"]}'
    report = action_of(DATABASE, same).run(context)
    assert (report.outcome, report.reason) == ("passed", "")
    assert report.outputs == {"head": "a"}
    assert [one.argv[0] for one in report.executions] == ["echo"]
    newer = guard % '{"heads": ["b"], "revisions": ["a", "b"]}'
    report = action_of(DATABASE, newer).run(context)
    assert report.outcome == "errored"
    assert "would migrate the database from a to b; backup not verified" in report.reason
    backup = action_of(DATABASE, "{operation: backup, url: 'sqlite:///a.db'}")
    assert backup.run(context).outcome == "passed"
    report = action_of(DATABASE, newer).run(context)
    assert (report.outcome, report.reason) == ("passed", "")
    context.begun = Begun("3.6.0", "2100-01-01T00:00:00+00:00")
    report = action_of(DATABASE, newer).run(context)
    assert report.outcome == "errored"
    assert report.reason.endswith("the upgrade began at 2100-01-01T00:00:00+00:00")


@pytest.mark.parametrize(
    ("finished", "reason"),
    [
        (Finished(execution(exit_code=None, error="x: not found")), "x: x: not found"),
        (Finished(execution(exit_code=None, signal="SIGKILL")), "x: was ended by SIGKILL"),
        (Finished(execution(exit_code=None)), "x: was ended by a signal"),
        (Finished(execution(exit_code=1), stderr=b"a\nlast words\n"), "x: a / last words"),
        (Finished(execution(stopped="timeout")), "x: timed out after 1m"),
        (Finished(execution(stopped="interrupted")), "x: interrupted by a signal"),
    ],
)
def test_the_end_of_a_program(tmp_path: Path, finished: Finished, reason: str) -> None:
    context = FakeContext(tmp_path, replace(finished))
    door = ContextDoor(context, cwd="")
    bench = bench_of(context, door)
    with pytest.raises(DatabaseError) as caught:
        bench.tool(("x",), {})
    assert caught.value.message == reason.replace("1m", "60s")
    assert len(door.executions) == 1


def test_postgresql_without_its_client_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    context = FakeContext(tmp_path, env={"DB": "postgresql://h/d"})
    report = action_of(DATABASE, "{operation: backup, url_env: DB}").run(context)
    assert report.outcome == "errored"
    assert report.reason.startswith("PostgreSQL needs psycopg, which cannot be imported")
    assert report.hint == "pip install 'upgrade-runner[postgresql]'"
