"""A real MLflow database of 3.6.0: refused unsaved, saved, migrated, and nothing of it lost."""

from __future__ import annotations

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from support.command import runner

HERE = Path(__file__).resolve().parents[2]
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
vars: {url: "sqlite:///mlflow.db"}
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


def mlflow_python() -> str:
    """Give the interpreter beside the release under test."""
    found = shutil.which("mlflow")
    if found is None:
        pytest.fail("mlflow is not on PATH: run the tests by `make pytest`")
    return str(Path(found).with_name("python"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a repository with a database as MLflow 3.6.0 leaves it."""
    url = f"sqlite:///{tmp_path}/mlflow.db"
    argv = [mlflow_python(), "-c", SCHEMA, url, BEFORE]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as connection, connection:
        fill(connection)
    (tmp_path / "playbook.yaml").write_text(PLAYBOOK)
    (tmp_path / "server.py").write_text(SERVER)
    shutil.copy(HERE / "checks/mlflow/schema_revisions.py", tmp_path)
    return tmp_path


def fill(connection: sqlite3.Connection) -> None:
    """Put 20 experiments, 500 runs (every fifth nested) and 50,000 points into it."""
    experiments = [(number, f"experiment {number}", "a", "active") for number in range(1, 21)]
    connection.executemany(
        "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage)"
        " VALUES (?, ?, ?, ?)",
        experiments,
    )
    runs = [(f"{n:032x}", f"run {n}", "RUNNING", 1 + n % 20, "active") for n in range(RUNS)]
    connection.executemany(
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
    connection.executemany(
        "INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        points,
    )
    parents = [(f"{n:032x}", "mlflow.parentRunId", f"{n - 1:032x}") for n in range(1, RUNS, 5)]
    connection.executemany("INSERT INTO tags (run_uuid, key, value) VALUES (?, ?, ?)", parents)


def contents(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Give what a user has logged."""
    queries = {
        "experiments": "SELECT experiment_id, name, lifecycle_stage FROM experiments ORDER BY 1",
        "runs": "SELECT run_uuid, name, experiment_id, status FROM runs ORDER BY 1",
        "metrics": "SELECT run_uuid, key, value, timestamp, step FROM metrics ORDER BY 1, 2, 5",
        "tags": "SELECT run_uuid, key, value FROM tags ORDER BY 1, 2",
    }
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        return {name: connection.execute(query).fetchall() for name, query in queries.items()}


def run(folder: Path, stage: str, code: int = 0) -> dict[str, str]:
    """Run a stage with the release's interpreter first on PATH, and give each check's reason."""
    path = f"{Path(mlflow_python()).parent}:{Path(sys.executable).parent}:/usr/bin:/bin"
    done = runner("run", stage, "-p", "playbook.yaml", cwd=folder, env={"PATH": path})
    assert done.returncode == code, done.stdout + done.stderr
    told = json.loads((folder / f"analysis_outputs/live/{stage}/run.json").read_text())
    return {one["check"]: one["reason"] for one in told["results"]}


def revision(folder: Path) -> str:
    with closing(sqlite3.connect(folder / "mlflow.db")) as connection:
        (name,) = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(name)


def test_saved_migrated_and_brought_back(folder: Path) -> None:
    before = contents(folder)
    assert [len(rows) for rows in before.values()] == [20, RUNS, POINTS, RUNS // 5]
    reason = run(folder, "rollout", code=3)["start"]
    assert f"the server (3.17.2) would migrate the database from {BEFORE} to {AFTER}" in reason
    assert "backup not verified: this dossier has the record of none" in reason
    assert not (folder / "started").exists()
    assert revision(folder) == BEFORE

    run(folder, "preflight")
    run(folder, "rollout")
    assert (folder / "started").exists()

    run(folder, "migrate")
    assert revision(folder) == AFTER
    assert contents(folder) == before
    live = folder / "analysis_outputs/live"
    told = [
        json.loads((live / f"database-{when}.json").read_text()) for when in ("before", "after")
    ]
    assert [one["revision"] for one in told] == [BEFORE, AFTER]

    run(folder, "rollback")
    assert revision(folder) == BEFORE
    assert contents(folder) == before
