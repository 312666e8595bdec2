"""A real MLflow database of 3.6.0: refused unsaved, saved, migrated, and nothing of it lost.

On SQLite and on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.command import runner
from support.mlflow import ROOT, python
from support.postgres import PASSWORD, cluster

BEFORE, AFTER = "bf29a5ff90ea", "dc11669786a5"
"""Heads of MLflow 3.6.0 and 3.17.2."""

SCHEMA = """
import sys
import sqlalchemy
from alembic import command
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base

url, revision = sys.argv[1:]
engine = sqlalchemy.create_engine(url)
Base.metadata.create_all(engine)
command.upgrade(_get_alembic_config(url), revision)
"""
SERVER = """
import pathlib, time
pathlib.Path("started").touch()
print("up", flush=True)
time.sleep(60)
"""
RUNS, POINTS = 500, 50_000

PLAYBOOK = """
release: {package: mlflow, version: 3.17.2}
vars: {url: "URL"}
services:
  mlflow:
    run: [python, server.py]
    ready: {log: "^up", within: 20s}
    database: {url: "${{ vars.url }}", revisions: [python, schema_revisions.py]}
stages:
  preflight:
    - {area: Backup, uses: database, with: {operation: backup, url: "${{ vars.url }}"}}
    - area: Before
      uses: database
      with: {operation: revision, moment: before, url: "${{ vars.url }}"}
  rollout:
    - {area: Start, run: "true", services: [mlflow]}
  migrate:
    - {area: Migrate, run: [python, -m, mlflow, db, upgrade, "${{ vars.url }}"], timeout: 5m}
    - area: After
      uses: database
      with: {operation: revision, moment: after, url: "${{ vars.url }}"}
      expect: {revision: {equals: dc11669786a5}}
  rollback:
    - {area: Restore, uses: database, with: {operation: restore, url: "${{ vars.url }}"}}
"""


@dataclass(frozen=True)
class Repository:
    """A repository with a database as MLflow 3.6.0 leaves it."""

    folder: Path
    url: str
    """Of the database, without a login."""
    mark: str
    """Of a parameter in its SQL."""
    connect: Callable[[], Any]
    """Opens it, by the Python DB-API (PEP 249)."""
    env: dict[str, str] = field(default_factory=dict)
    """With the login."""

    def ask(self, query: str) -> list[tuple[object, ...]]:
        """Give what a query finds."""
        with closing(self.connect()) as connection:
            found = connection.execute(query).fetchall()
        return [tuple(row) for row in found]

    def fill(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Carry a statement out for each row."""
        with closing(self.connect()) as connection, connection:
            cursor = connection.cursor()
            cursor.executemany(statement.replace("?", self.mark), list(rows))
            connection.commit()


@pytest.fixture(params=["sqlite", "postgresql"])
def repository(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Repository]:
    """Make the repository, on each engine."""
    if request.param == "sqlite":
        path = tmp_path / "mlflow.db"
        yield made(Repository(tmp_path, f"sqlite:///{path}", "?", lambda: sqlite3.connect(path)))
        return
    with cluster() as server:
        server.execute("CREATE DATABASE mlflow OWNER owner")
        url = f"postgresql://127.0.0.1:{server.port}/mlflow"
        login = {"PGUSER": "owner", "PGPASSWORD": PASSWORD}
        connect = partial(server.connect, "mlflow", "owner")
        yield made(Repository(tmp_path, url, "%s", connect, login))


def made(repository: Repository) -> Repository:
    """Make its database and its files."""
    argv = [str(python()), "-c", SCHEMA, repository.url, BEFORE]
    env = {**os.environ, **repository.env}
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stderr
    fill(repository)
    folder = repository.folder
    (folder / "playbook.yaml").write_text(PLAYBOOK.replace("URL", repository.url))
    (folder / "server.py").write_text(SERVER)
    shutil.copy(ROOT / "checks/mlflow/schema_revisions.py", folder)
    return repository


def fill(repository: Repository) -> None:
    """Put 20 experiments, 500 runs (every fifth nested) and 50,000 points into it."""
    experiments = [(number, f"experiment {number}", "a", "active") for number in range(1, 21)]
    repository.fill(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage)"
        " VALUES (?, ?, ?, ?)",
        experiments,
    )
    runs = [(f"{n:032x}", f"run {n}", "RUNNING", 1 + n % 20, "active") for n in range(RUNS)]
    repository.fill(
        "INSERT INTO runs (run_uuid, name, status, experiment_id, lifecycle_stage)"
        " VALUES (?, ?, ?, ?, ?)",
        runs,
    )
    each = POINTS // RUNS
    points = (
        (f"{n:032x}", "loss", 1 / (step + 1), 1_700_000_000 + step, step, False)
        for n in range(RUNS)
        for step in range(each)
    )
    repository.fill(
        "INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        points,
    )
    parents = [(f"{n:032x}", "mlflow.parentRunId", f"{n - 1:032x}") for n in range(1, RUNS, 5)]
    repository.fill("INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)", parents)


def contents(repository: Repository) -> dict[str, list[tuple[object, ...]]]:
    """Give what a user has logged."""
    queries = {
        "experiments": "SELECT experiment_id, name, lifecycle_stage FROM experiments",
        "runs": "SELECT run_uuid, name, experiment_id, status FROM runs",
        "metrics": "SELECT run_uuid, key, value, timestamp, step FROM metrics",
        "tags": "SELECT run_uuid, key, value FROM tags",
    }
    return {name: sorted(repository.ask(query), key=repr) for name, query in queries.items()}


def run(repository: Repository, stage: str, code: int = 0) -> dict[str, str]:
    """Run a stage with the release's interpreter first on PATH, and give each check's reason."""
    path = f"{python().parent}:{Path(sys.executable).parent}:/usr/bin:/bin"
    env = {"PATH": path, **repository.env}
    done = runner("run", stage, "-p", "playbook.yaml", cwd=repository.folder, env=env, limit=600)
    assert done.returncode == code, done.stdout + done.stderr
    live = repository.folder / "analysis_outputs/live"
    told = json.loads((live / stage / "run.json").read_text())
    return {one["check"]: one["reason"] for one in told["results"]}


def revision(repository: Repository) -> str:
    ((name,),) = repository.ask("SELECT version_num FROM alembic_version")
    return str(name)


def test_saved_migrated_and_brought_back(repository: Repository) -> None:
    folder = repository.folder
    before = contents(repository)
    assert [len(rows) for rows in before.values()] == [20, RUNS, POINTS, RUNS // 5]
    reason = run(repository, "rollout", code=3)["start"]
    assert f"the server (3.17.2) would migrate the database from {BEFORE} to {AFTER}" in reason
    assert "backup not verified: this dossier has the record of none" in reason
    assert not (folder / "started").exists()
    assert revision(repository) == BEFORE

    run(repository, "preflight")
    run(repository, "rollout")
    assert (folder / "started").exists()
    allowed = [one for one in journal(folder) if one["event"] == "database_guarded"]
    would = f"the server (3.17.2) would migrate the database from {BEFORE} to {AFTER}; backups/"
    assert str(allowed[-1]).count(would) == 1

    run(repository, "migrate")
    assert revision(repository) == AFTER
    assert contents(repository) == before
    live = folder / "analysis_outputs/live"
    told = [
        json.loads((live / f"database-{when}.json").read_text()) for when in ("before", "after")
    ]
    assert [one["revision"] for one in told] == [BEFORE, AFTER]

    run(repository, "rollback")
    assert revision(repository) == BEFORE
    assert contents(repository) == before


def journal(folder: Path) -> list[dict[str, Any]]:
    """Give the dossier's journal."""
    text = (folder / "analysis_outputs/live/journal.jsonl").read_text()
    return [json.loads(line) for line in text.splitlines()]
