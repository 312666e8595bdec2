"""The upgrade of a seeded MLflow on a PostgreSQL of its own: nothing is lost.

With less than in `with_docker/test_upgrade.py`, which does the same in containers, and runs the
matrix of the new release too.
"""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from support.containers import free_port
from support.mlflow import BEFORE, python, server
from support.postgres import PASSWORD, Cluster, cluster
from support.upgrades import Upgrade, copy_repository, no_file_holds

LOGIN = {"PGUSER": "owner", "PGPASSWORD": PASSWORD}
"""In the names that libpq, and so every user of the database, reads."""


def test_nothing_of_a_seeded_server_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    copy_repository(folder)
    with cluster() as database:
        database.execute("CREATE DATABASE mlflow OWNER owner")
        url = f"postgresql://127.0.0.1:{database.port}/mlflow"
        places = {"database_url": url, "artifacts": str(tmp_path / "artifacts")}
        variables = {**places, "port": str(free_port())}
        sets = [f"vars.{name}={json.dumps(value)}" for name, value in variables.items()]
        Upgrade(
            folder,
            ("--profile", "rehearsal", *(word for one in sets for word in ("--set", one))),
            LOGIN,
            partial(revision, database),
            partial(server, python(BEFORE), url, tmp_path / "artifacts", LOGIN),
        ).carry_out((100, 5_000), matrix_after=False)
    no_file_holds(PASSWORD, tmp_path)


def revision(database: Cluster) -> str:
    """Ask the database where its schema stands."""
    with database.connect("mlflow", "owner") as connection:
        row = connection.execute(b"SELECT version_num FROM alembic_version").fetchone()
    assert row is not None
    return str(row[0])
