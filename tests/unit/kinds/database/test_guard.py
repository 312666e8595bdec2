"""When a server may start on a database, and when it must not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from runner.kinds.database.base import Facts
from runner.kinds.database.contents import Contents
from runner.kinds.database.dump_file import sha256_of
from runner.kinds.database.guard import Decision, Known, Schema, decide, read_schema
from runner.kinds.database.record import FORMAT, Backup, ThisUpgrade, encode
from runner.kinds.database.trouble import DatabaseError
from runner.model import Begun, Release

NEWER = Schema(("c",), ("a", "b", "c"), "3.17.2")
OLD = Facts("sqlite /data/a.db", "SQLite 3.40.1", "b", empty=False)


UPGRADE = ThisUpgrade.of(
    Release("mlflow", "3.17.2"), Begun("3.6.0", "2026-11-27T11:00:01.900+01:00")
)


def go_on() -> None:
    """Never stop."""


def backup(output: Path, **changes: object) -> Backup:
    dump = output / "backups" / "a.dump"
    dump.parent.mkdir(parents=True, exist_ok=True)
    dump.write_bytes(b"dump")
    made = Backup(
        format=FORMAT,
        package="mlflow",
        version="3.6.0",
        target="3.17.2",
        run="run-1",
        database="sqlite:////data/a.db",
        identity=OLD.identity,
        engine="sqlite",
        server=OLD.server,
        tools={},
        contents=Contents("b", ()),
        path="backups/a.dump",
        bytes=4,
        sha256=sha256_of(dump, go_on),
        begun="2026-11-27T10:00:00+00:00",
        verified="2026-11-27T10:00:01+00:00",
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def decided(facts: Facts, schema: Schema, output: Path, known: Backup | None = None) -> Decision:
    recorded = None if known is None else encode(known)
    return decide(facts, schema, Known(lambda: recorded, output, UPGRADE), go_on)


def test_a_fresh_database_needs_no_backup(tmp_path: Path) -> None:
    decision = decided(replace(OLD, revision="", empty=True), NEWER, tmp_path)
    assert decision == Decision("the database is empty: the server (3.17.2) makes it")


def test_a_database_at_the_servers_revision_needs_no_backup(tmp_path: Path) -> None:
    decision = decided(replace(OLD, revision="c"), NEWER, tmp_path)
    assert decision.reason == "the database is at revision c, as the server (3.17.2) wants it"
    branched = Schema(("y", "x"), ("x", "y"))
    assert decided(replace(OLD, revision="x,y"), branched, tmp_path).backup is None


def test_an_older_database_needs_a_verified_backup(tmp_path: Path) -> None:
    known = backup(tmp_path)
    decision = decided(OLD, NEWER, tmp_path, known)
    assert decision.backup == known
    assert "would migrate the database from b to c; backups/a.dump was verified" in decision.reason
    unversioned = replace(OLD, revision="")
    known = backup(tmp_path, contents=Contents("", ()))
    assert "from none to c" in decided(unversioned, NEWER, tmp_path, known).reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"identity": "sqlite /other.db"}, "it is of another database"),
        ({"package": "other"}, r"it is of other 3.6.0, not of this upgrade \(mlflow 3.6.0 to 3.17"),
        ({"version": "3.5.0"}, "it is of mlflow 3.5.0, not of this upgrade"),
        ({"verified": "2026-11-27T10:00:00+00:00"}, "the upgrade began at 2026-11-27T11:00:01"),
        ({"verified": "one day"}, "it is of one day, the upgrade began at"),
        ({"contents": Contents("a", ())}, "it is of revision a, the database is at b"),
        ({"contents": Contents("", ())}, "it is of revision none, the database is at b"),
        ({"path": "backups/gone.dump"}, "is not there any more"),
        ({"bytes": 5}, "has 4 bytes, 5 were recorded"),
        ({"sha256": "0" * 64}, "its SHA-256 differs"),
    ],
)
def test_every_other_backup_is_refused(
    tmp_path: Path, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(DatabaseError, match=reason) as caught:
        decided(OLD, NEWER, tmp_path, backup(tmp_path, **changes))
    assert caught.value.message.startswith(
        "the server (3.17.2) would migrate the database from b to c; backup not verified: "
    )
    assert "before the upgrade" in caught.value.hint


def test_a_backup_that_the_rollout_has_made_is_of_this_upgrade(tmp_path: Path) -> None:
    known = backup(tmp_path, version="3.17.2")
    assert decided(OLD, NEWER, tmp_path, known).backup == known


def test_no_backup_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="this dossier has the record of none"):
        decided(OLD, NEWER, tmp_path)


def test_an_older_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="does not know: it is of a newer release") as caught:
        decided(replace(OLD, revision="d"), NEWER, tmp_path, backup(tmp_path))
    assert "restore the backup" in caught.value.hint


def test_what_a_program_tells_of_the_server() -> None:
    told = read_schema('{"heads": ["c"], "revisions": ["b", "c"], "version": "1", "x": 1}', "p")
    assert told == Schema(("c",), ("b", "c"), "1")
    for text in ("", "no JSON", "[]", '{"heads": "c"}'):
        with pytest.raises(DatabaseError, match="p did not tell the server's revisions"):
            read_schema(text, "p")
    for text in ('{"heads": [], "revisions": []}', '{"heads": ["c"], "revisions": ["b"]}'):
        with pytest.raises(DatabaseError, match="p told no head"):
            read_schema(text, "p")
