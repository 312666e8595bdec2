"""Backups that were killed, or met a full disk: by the command line, on real databases."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.command import environment, runner
from support.postgres import PASSWORD, Cluster, cluster

PLAYBOOK = """
release: {package: shop, version: "1.0"}
stages:
  preflight:
    - {area: Backup, uses: database, with: {operation: backup, url_env: DB}, secrets: [DB]}
"""
TRIAL = "upgrade_runner_20261127t100000z-abc123_0123abcd"
"""A name as a run gives it to the database on which it tries its backup."""


@dataclass(frozen=True)
class House:
    """A repository whose preflight backs a database up."""

    folder: Path
    cluster: Cluster

    @property
    def env(self) -> dict[str, str]:
        return {"DB": self.cluster.url("shop")}

    def back_up(self, code: int = 0, **env: str) -> dict[str, Any]:
        """Run the preflight, and give the backup's result, with its log."""
        done = runner("run", "preflight", cwd=self.folder, env={**self.env, **env})
        assert done.returncode == code, done.stdout + done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        live = self.folder / "analysis_outputs" / "live"
        (result,) = json.loads((live / "preflight" / "run.json").read_text())["results"]
        log = live / "preflight" / "logs" / "backup.1.log"
        return {**result, "log": log.read_text()}

    def dumps(self, pattern: str) -> list[Path]:
        return sorted((self.folder / "analysis_outputs" / "backups").glob(pattern))

    def trials(self) -> set[str]:
        return {one for one in self.cluster.databases() if one.startswith("upgrade_runner")}

    def program(self, name: str, script: str) -> str:
        """Put a program before PostgreSQL's own, and give the PATH."""
        path = self.folder / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)
        return f"{path.parent}:{environment()['PATH']}"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "playbook.yaml").write_text(PLAYBOOK)
    (tmp_path / "config").mkdir()
    (tmp_path / "playbook.yaml").rename(tmp_path / "config" / "shop_release.yaml")
    with cluster() as server:
        server.execute("CREATE DATABASE shop OWNER owner")
        server.execute(
            "CREATE TABLE things AS SELECT i, md5(i::text) AS text FROM generate_series(1, 9000) i",
            database="shop",
            user="owner",
        )
        yield House(tmp_path, server)


def until(what: Callable[[], object]) -> None:
    """Wait for something that comes for certain, unless the test is broken."""
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def killed(house: House) -> None:
    """Kill a run, and nothing of it with it, while it restores its dump."""
    marker = house.folder / "restoring"
    path = house.program("pg_restore", f"touch {marker}; exec sleep 600")
    begun = subprocess.Popen(
        [sys.executable, "-m", "runner", "run", "preflight"],
        cwd=house.folder,
        env=environment({**house.env, "PATH": path}),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(marker.exists)
    os.kill(begun.pid, signal.SIGKILL)
    begun.wait()
    with house.cluster.connect() as connection:
        query = b"SELECT 1 FROM pg_stat_activity WHERE datname LIKE 'upgrade_runner%'"
        until(lambda: connection.execute(query).fetchone() is None)


def test_what_a_killed_run_has_left_goes_with_the_next(house: House) -> None:
    killed(house)
    (left,) = house.trials()
    (part,) = house.dumps("*.part")
    found = house.back_up()
    assert found["outcome"] == "passed"
    assert f"dropped the database {left}, which a run that was killed has left" in found["log"]
    assert (
        f"removed {part.relative_to(house.folder)}, which a run that was killed has left"
        in found["log"]
    )
    assert house.trials() == set()
    assert house.dumps("*.part") == []
    assert len(house.dumps("*.dump")) == 1
    assert not [one for one in psutil.process_iter(["cmdline"]) if _restores(one, house)]


def _restores(process: psutil.Process, house: House) -> bool:
    """Tell whether a process is one that a run of the house has begun."""
    with psutil.Process(process.pid).oneshot():
        try:
            return process.cwd() == str(house.folder) and "sleep" in (process.info["cmdline"] or [])
        except psutil.Error:
            return False


def test_a_trial_of_a_living_run_is_left_alone(house: House) -> None:
    house.cluster.execute(f'CREATE DATABASE "{TRIAL}" OWNER owner')
    with house.cluster.connect(TRIAL, "owner"):
        found = house.back_up()
    assert TRIAL not in found["log"]
    assert house.trials() == {TRIAL}
    assert f"dropped the database {TRIAL}" in house.back_up()["log"]
    assert house.trials() == set()


def test_a_trial_of_another_role_is_named(house: House) -> None:
    house.cluster.execute(f'CREATE DATABASE "{TRIAL}"')
    found = house.back_up()
    assert found["outcome"] == "passed"
    assert (
        f"the database {TRIAL} of a run that was killed is another role's: drop it" in found["log"]
    )
    assert house.trials() == {TRIAL}


def test_names_that_are_not_of_a_trial_are_left_alone(house: House) -> None:
    others = {"upgrade_runner_rehearse_1", f"{TRIAL}0", "upgrade_runner"}
    for name in others:
        house.cluster.execute(f'CREATE DATABASE "{name}" OWNER owner')
    house.back_up()
    assert house.trials() == others


@pytest.mark.parametrize(
    ("script", "mend"),
    [
        (
            "echo 'pg_restore: error: could not extend file: No space left on device' >&2; exit 1",
            "free some space on the server",
        ),
        (
            "echo 'pg_restore: error: ERROR:  permission denied for schema public' >&2; exit 1",
            "grant the role what it lacks",
        ),
        ("kill -9 $$", ""),
    ],
)
def test_a_restore_that_fails_is_told_with_its_mend(house: House, script: str, mend: str) -> None:
    found = house.back_up(3, PATH=house.program("pg_restore", script))
    assert found["outcome"] == "errored"
    assert found["reason"].startswith("backup not verified: pg_restore: ")
    assert mend in found["hint"]
    assert house.trials() == set()
    assert house.dumps("*") == []


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Make an output folder that has room for a dossier, and not for a dump."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ("mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(folder))
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("platform: only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(("umount", str(folder)), check=True)


@pytest.mark.parametrize("engine", ["postgresql", "sqlite"])
def test_a_full_disk_is_told_and_leaves_nothing(
    house: House, small_disk: Path, engine: str
) -> None:
    env = {"RUNNER_OUTPUT": str(small_disk)}
    if engine == "sqlite":
        path = house.folder / "shop.db"
        with closing(sqlite3.connect(path)) as connection, connection:
            connection.execute("CREATE TABLE things (data)")
            connection.execute("INSERT INTO things VALUES (randomblob(900000))")
        env["DB"] = f"sqlite:///{path}"
    else:
        house.cluster.execute(
            "INSERT INTO things SELECT i, md5(random()::text) FROM generate_series(1, 30000) i",
            database="shop",
            user="owner",
        )
    done = runner("run", "preflight", cwd=house.folder, env={**house.env, **env})
    assert done.returncode == 3, done.stdout + done.stderr
    (result,) = json.loads((small_disk / "live/preflight/run.json").read_text())["results"]
    assert result["outcome"] == "errored"
    assert any(words in result["reason"] for words in ("No space left", "disk is full"))
    assert "free some space" in result["hint"]
    assert list((small_disk / "backups").iterdir()) == []
    assert house.trials() == set()
