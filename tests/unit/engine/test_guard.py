"""A service that would migrate a database which nobody could bring back is not started."""

from __future__ import annotations

import json
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from support.house import PLACE, House, check, step
from unit.kinds.fakes import action_of

from runner.kinds.database.kind import DATABASE
from runner.model import Check, Ready, Run, Service, ServiceDatabase, Step

SERVER = """
import sqlite3, sys, time
connection = sqlite3.connect("a.db", isolation_level=None)
connection.execute("CREATE TABLE IF NOT EXISTS alembic_version (version_num)")
connection.execute("DELETE FROM alembic_version")
connection.execute("INSERT INTO alembic_version VALUES (?)", [sys.argv[1]])
connection.close()
print("up", flush=True)
time.sleep(60)
"""
KNOWN = ["a", "b"]


def server(house: House, head: str, **changes: Any) -> Service:  # noqa: ANN401 - any field
    """Make a service that migrates as it starts, as MLflow's does."""
    (house.repository / "server.py").write_text(SERVER)
    told = json.dumps({"heads": [head], "revisions": KNOWN[: KNOWN.index(head) + 1]})
    database = ServiceDatabase(url="sqlite:///a.db", revisions=("echo", told))
    return Service(
        "web",
        PLACE,
        run=(sys.executable, "server.py", head),
        ready=Ready(log="^up", within=20.0),
        database=replace(database, **changes),
    )


def run(house: House, web: Service, **more: Any) -> Run:  # noqa: ANN401 - any option
    return house.run(check("one", "true", services=("web",)), services={"web": web}, **more)


def backup(**more: Any) -> Check:  # noqa: ANN401 - any field
    action = action_of(DATABASE, "{operation: backup, url: 'sqlite:///a.db'}")
    return check("backup", steps=(Step("step-1", "database", action, PLACE),), **more)


def revision(house: House) -> str:
    with closing(sqlite3.connect(house.repository / "a.db")) as connection:
        (name,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(name)


def events(house: House) -> list[tuple[str, str]]:
    entries = map(json.loads, (house.live / "journal.jsonl").read_text().splitlines())
    return [
        (one["event"], one["data"]["revision"])
        for one in entries
        if one["event"].startswith("database_")
    ]


def test_a_fresh_database_is_made_by_its_server(house: House) -> None:
    assert run(house, server(house, "a")).exit_code == 0
    assert revision(house) == "a"
    assert events(house) == [
        ("database_found", ""),
        ("database_guarded", ""),
        ("database_served", "a"),
    ]
    assert run(house, server(house, "a")).exit_code == 0


def test_a_newer_server_needs_a_backup(house: House) -> None:
    run(house, server(house, "a"))
    refused = run(house, server(house, "b"))
    assert refused.exit_code == 3
    (result,) = refused.results
    assert result.outcome == "errored"
    assert result.reason == (
        "service web: the server would migrate the database from a to b; "
        "backup not verified: this dossier has the record of none"
    )
    assert "before the upgrade" in result.hint
    assert revision(house) == "a"
    assert refused.services[0].execution is None
    assert events(house)[-1] == ("database_found", "a")


def test_with_a_backup_it_may_start_and_may_start_again(house: House) -> None:
    run(house, server(house, "a"))
    assert house.run(backup()).exit_code == 0
    assert run(house, server(house, "b")).exit_code == 0
    assert revision(house) == "b"
    assert events(house)[-3:] == [
        ("database_found", "a"),
        ("database_guarded", "a"),
        ("database_served", "b"),
    ]
    assert run(house, server(house, "b")).exit_code == 0
    # The way back is a restore, not the older server.
    older = run(house, server(house, "a"))
    assert "which the server does not know: it is of a newer release" in older.results[0].reason
    assert revision(house) == "b"


def test_a_damaged_dump_or_record_is_no_backup(house: House) -> None:
    run(house, server(house, "a"))
    house.run(backup())
    (dump,) = (house.dossier.output / "backups").iterdir()
    whole = dump.read_bytes()
    dump.write_bytes(whole[:-1])
    assert "were recorded" in run(house, server(house, "b")).results[0].reason
    dump.write_bytes(whole)
    record = house.live / "database-backup.json"
    record.write_bytes(record.read_bytes() + b"\n")
    reason = run(house, server(house, "b")).results[0].reason
    assert "backup not verified: " in reason
    assert "is not what was recorded: its hash differs" in reason
    assert revision(house) == "a"


def test_a_backup_of_another_upgrade_is_none(house: House) -> None:
    run(house, server(house, "a"))
    house.run(backup())
    path = house.live / "upgrade.json"
    known = json.loads(path.read_text())
    path.write_text(json.dumps({**known, "begun": "2100-01-01T00:00:00+00:00"}))
    reason = run(house, server(house, "b")).results[0].reason
    assert "backup not verified: it is of " in reason
    assert reason.endswith("the upgrade began at 2100-01-01T00:00:00+00:00")
    assert revision(house) == "a"


def test_a_backup_and_a_server_in_one_run(house: House) -> None:
    run(house, server(house, "a"))
    later = check("later", "true", services=("web",))
    done = house.run(backup(), later, services={"web": server(house, "b")})
    assert done.exit_code == 0
    assert revision(house) == "b"


@pytest.mark.parametrize(
    ("argv", "reason"),
    [
        (("false",), "false could not tell the server's revisions: exit code 1"),
        (("no-such-program",), "no-such-program: no-such-program: not found"),
        (("echo", "hello"), "echo did not tell the server's revisions"),
    ],
)
def test_where_nobody_knows_it_does_not_start(
    house: House, argv: tuple[str, ...], reason: str
) -> None:
    refused = run(house, server(house, "a", revisions=argv))
    assert refused.exit_code == 3
    assert reason in refused.results[0].reason
    assert not (house.repository / "a.db").exists()


def test_a_database_that_cannot_be_read_is_not_given_to_the_server(house: House) -> None:
    (house.repository / "a.db").write_bytes(b"no database" * 100)
    refused = run(house, server(house, "a"))
    assert refused.exit_code == 3
    assert "is no whole SQLite database" in refused.results[0].reason


def test_the_url_is_one_of_the_services_secrets(house: House) -> None:
    house.environment["SHOP_DB"] = f"sqlite:///{house.repository}/a.db"
    web = server(house, "a", url="", url_env="SHOP_DB")
    unset = run(house, server(house, "a", url="", url_env="NOT_SET"))
    assert "NOT_SET is not set" in unset.results[0].reason
    assert run(house, replace(web, secrets=("SHOP_DB",))).exit_code == 0
    assert events(house)[-1] == ("database_served", "a")


def test_a_service_without_a_database_is_not_guarded(house: House) -> None:
    web = replace(server(house, "a"), database=None)
    assert run(house, web).exit_code == 0
    assert events(house) == []


def test_the_url_may_lie_in_the_runs_scratch_folder(house: House) -> None:
    web = server(house, "a", url="sqlite:///${{ run.scratch }}/none.db")
    done = house.run(
        check("one", steps=(step("true"),), services=("web",)),
        services={"web": replace(web, look_ups=("run.scratch",))},
    )
    assert done.exit_code == 0
    assert Path(house.live / "verification/logs/service.web.log").read_text().startswith("{")
