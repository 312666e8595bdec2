"""The upgrade of a seeded MLflow in its containers: nothing is lost."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
from support.containers import PASSWORD, Deployment, deployment, image
from support.mlflow import wait_for
from support.upgrades import AFTER, RELEASE, Upgrade, copy_repository, no_file_holds


def test_nothing_of_a_seeded_server_is_lost(tmp_path: Path) -> None:
    folder = tmp_path / "repository"
    copy_repository(folder)
    with deployment(folder) as made:
        upgrade = Upgrade(
            folder,
            made.settings,
            made.environment,
            partial(revision, made),
            partial(serving, made),
        )
        upgrade.carry_out()
        what_is_deployed(upgrade, made)
        # Containers go, and what the users have stays.
        assert made.containers() == []
        assert made.volumes() == [f"{made.project}_artifacts", f"{made.project}_database"]
    assert made.volumes() == []
    no_file_holds(PASSWORD, tmp_path)


def what_is_deployed(upgrade: Upgrade, made: Deployment) -> None:
    """See that the evidence of the new release is of its image, and of the database in use."""
    backup = upgrade.evidence("database-backup.json", AFTER)
    assert backup["engine"] == "postgresql"
    assert backup["database"] == made.database_url.replace(f":{PASSWORD}@", "@")
    looked_at = upgrade.evidence("image.json", AFTER)
    assert (looked_at["reference"], looked_at["version"]) == (image(), RELEASE)
    root = upgrade.evidence("sbom-before.cdx.json", AFTER)["metadata"]["component"]
    assert (root["type"], root["name"]) == ("container", image())
    assert root["version"] == looked_at["digest"]
    bill = upgrade.evidence("sbom-after.cdx.json")
    assert bill["metadata"]["component"]["name"] == image()
    assert "mlflow" in {one["name"] for one in bill["components"]}
    rows = upgrade.evidence("preflight/run.json", AFTER)["results"]
    wanted = "release-smoke lock-environment snapshot-experiments database-backup artifact-backup"
    assert {*wanted.split()} <= {one["check"] for one in rows}
    assert len(upgrade.evidence("verification/run.json")["results"]) == 5


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
