"""Backups, revisions, the image and a rehearsal are shown with what their records say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from unit.reporters.html.dossiers import made, page, put, text
from unit.reporters.samples import NOON, attempt, result
from unit.reporters.samples import run as plain_run

from runner.engine.dossier import Dossier
from runner.errors import DossierError
from runner.kinds.database.contents import Contents, Table
from runner.kinds.database.record import FORMAT, Backup, encode
from runner.model import Outcome
from runner.model.rehearsed import FORMAT as REHEARSAL
from runner.model.rehearsed import Kept, Migration, Outage, Rehearsed
from runner.model.rehearsed import encode as rehearsal

BACKUP = Backup(
    format=FORMAT,
    package="mlflow",
    version="3.6.0",
    target="3.17.2",
    run="preflight-1",
    database="postgresql://mlflow@db/mlflow",
    identity="1",
    engine="postgresql",
    server="PostgreSQL 15.18",
    tools={},
    contents=Contents("bf29a5ff90ea", (Table("runs", 3, "", ""), Table("tags", 4, "", ""))),
    path="backups/mlflow.dump",
    bytes=4096,
    sha256="ab" * 32,
    begun=NOON,
    verified=NOON,
)
REVISION = {
    "database": "sqlite:///x.db",
    "server": "SQLite 3.40",
    "revision": "dc11669786a5",
    "told": NOON,
    "version": "3.17.2",
}
IMAGE = {
    "reference": "example/mlflow:v1",
    "digest": "sha256:00",
    "size": 5 << 20,
    "user": "",
    "created": None,
    "engine": "docker",
}
REHEARSED = Rehearsed(
    format=REHEARSAL,
    id="rehearsal-1",
    package="mlflow",
    before="3.6.0",
    after="3.17.2",
    profile="",
    commit="",
    dirty=False,
    locks_before={},
    locks_after={},
    started=NOON,
    ended=NOON,
    duration=158.0,
    own=1.0,
    parts=(),
    outage=Outage(stop=1.0, migrate=10.0, start=13.0, restore=2.0, restart=4.0),
    migration=Migration("a", "b", (), 3, 4),
    restored=True,
    kept=(Kept("database", "1", "1"), Kept("repository", "1", "2")),
    verdict=Outcome.ERRORED,
    exit_code=3,
    part="untouched",
    reason="changed meanwhile",
    hint="",
    warnings=(),
    runner_version="1",
)


@pytest.fixture
def dossier(tmp_path: Path) -> Dossier:
    return made(tmp_path, plain_run(result("a", "Fine", attempt(Outcome.PASSED))))


def test_the_records_of_a_dossier(dossier: Dossier) -> None:
    dossier.write("database-backup.json", encode(BACKUP))
    dossier.write("database-after.json", json.dumps(REVISION).encode())
    dossier.write("image.json", json.dumps(IMAGE).encode())
    dossier.write("rehearsal.json", rehearsal(REHEARSED))
    (told,) = text(page(dossier), "#records")
    for expected in (
        "Database backup database-backup.json Database postgresql://mlflow@db/mlflow",
        "Holds 7 rows in 2 tables Restored and found equal 2026-11-22 12:00:00 UTC",
        "Dump backups/mlflow.dump, 4.0 KiB",
        "Schema after database-after.json Revision dc11669786a5",
        "Container image image.json Image example/mlflow:v1 Digest sha256:00 Runs as root",
        "Size 5.0 MiB Told by docker",
        "Verdict errored: changed meanwhile Of mlflow 3.6.0 to 3.17.2",
        "Nobody is served for 24.0 s The way back takes 7.0 s",
        "revision a to b, 0 tables changed; 3 rows before, 4 after",
        "every row and artifact is back What it was rehearsed on changed meanwhile: repository",
        "Took 2 min 38 s, of which the runner's own 1.0 s",
    ):
        assert expected in told


def test_a_rehearsal_that_was_ended_early_tells_what_it_came_to(dossier: Dossier) -> None:
    early = {"outage": Outage(), "migration": None, "restored": None, "kept": (), "reason": ""}
    content = json.loads(rehearsal(REHEARSED)) | {
        **early,
        "outage": dict.fromkeys(("stop", "migrate", "start", "restore", "restart")),
    }
    dossier.write("rehearsal.json", json.dumps(content).encode())
    (told,) = text(page(dossier), "#records")
    assert "Verdict errored Of mlflow 3.6.0 to 3.17.2 Took" in told


def test_what_a_check_has_told_of_its_copy(tmp_path: Path) -> None:
    dossier = made(tmp_path)
    told = {
        "schema": "x/1",
        "path": "backups/1",
        "files": 3,
        "verified": True,
        "more": [1],
        "x": "",
    }
    put_ = {
        "preflight/artifacts/copy/1.artifact-backup.json": json.dumps(told).encode(),
        "preflight/artifacts/copy/2.experiments-snapshot.json": b"{broken",
        "preflight/artifacts/copy/3.other.json": b"{}",
        "database-backup.json": encode(BACKUP),
    }
    artifacts = tuple(put(dossier, path, content) for path, content in put_.items())
    outside = replace(artifacts[0], path="../backup.json")
    found = replace(
        result("copy", "Artifact backup", attempt(Outcome.PASSED)), artifacts=(*artifacts, outside)
    )
    run = plain_run(found)
    dossier.begin(run.stage, run.id)
    dossier.write_run(run)
    (shown,) = text(page(dossier), "#records")
    assert shown.count("database-backup.json") == 1
    assert shown.endswith(
        " Artifact backup preflight/artifacts/copy/1.artifact-backup.json"
        " Path backups/1 Files 3 Verified yes"
        " Artifact backup preflight/artifacts/copy/2.experiments-snapshot.json"
    )


def test_without_records_there_is_no_word_of_them(dossier: Dossier) -> None:
    assert text(page(dossier), "#records") == []


@pytest.mark.parametrize("name", ["image.json", "database-backup.json", "rehearsal.json"])
def test_a_damaged_record_is_named(dossier: Dossier, name: str) -> None:
    dossier.write(name, b"{}")
    with pytest.raises(DossierError, match=f"{name} is not as the runner wrote it"):
        page(dossier)
