"""The upgrade of a seeded MLflow in its containers: nothing is lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
from support.containers import PASSWORD, Deployment, deployment
from support.mlflow import wait_for
from support.upgrades import Upgrade, copy_repository, no_file_holds


def test_nothing_of_a_seeded_server_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    copy_repository(folder)
    with deployment(folder) as made:
        Upgrade(
            folder,
            made.settings,
            made.environment,
            partial(revision, made),
            partial(serving, made),
        ).carry_out()
        assert made.containers() == []
    no_file_holds(PASSWORD, tmp_path)


@contextlib.contextmanager
def serving(made: Deployment) -> Iterator[str]:
    """Start the containers, and take them away; what is in the volumes stays."""
    made.compose("up", "--detach", "mlflow")
    try:
        wait_for(made.url)
        yield made.url
    finally:
        made.compose("down", "--timeout", "5")


def revision(made: Deployment) -> str:
    """Ask the database where its schema stands; it is started for that, and takes a moment."""
    made.compose("up", "--detach", "database")
    end = time.monotonic() + 120
    try:
        while True:
            try:
                with psycopg.connect(made.database_url) as connection:
                    row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
                return str(row[0]) if row else ""
            except psycopg.OperationalError:
                assert time.monotonic() < end
                time.sleep(0.5)
    finally:
        made.compose("down", "--timeout", "5")
