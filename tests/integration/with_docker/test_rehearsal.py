"""The rehearsal in containers: on the database of a deployment, which is only read."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import psycopg
import pytest
from support.command import runner
from support.containers import FORMER, PASSWORD, RELEASE, ROOT, Deployment, deployment, docker
from support.mlflow import program, python, server

_ROWS = "SELECT experiment_id, name, creation_time FROM experiments ORDER BY 1"
_FEW = ("--runs", "10", "--points", "100")
"""Beside the rest of the seed: experiments, models, traces, an artifact in every fifth run."""


def address(made: Deployment) -> str:
    """Give the database's address without a login."""
    return f"postgresql://127.0.0.1:{made.database_port}/mlflow"


def connect(made: Deployment) -> psycopg.Connection[tuple[object, ...]]:
    """Connect to the database, once it listens."""
    while True:
        try:
            return psycopg.connect(made.database_url, autocommit=True)
        except psycopg.OperationalError:
            assert made.containers()
            time.sleep(0.2)


def filled(made: Deployment, folder: Path) -> Path:
    """Bring the database up, let a server of the former version be used; give its artifacts."""
    made.compose("up", "--detach", "database")
    connect(made).close()
    folder.mkdir()
    artifacts, login = folder / "mlartifacts", {"PGUSER": "mlflow", "PGPASSWORD": PASSWORD}
    with server(python(FORMER), address(made), artifacts, login) as url:
        code, seeded, said = program("seed.py", *_FEW, interpreter=python(FORMER), url=url)
    assert (code, seeded.get("artifact")) == (0, 7), said
    return artifacts


def cloned(folder: Path) -> Path:
    """Clone the repository; of the matrix only a smoke test stays, the rest has its own tests."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    text = (ROOT / "config" / "mlflow_release.yaml").read_text(encoding="utf-8")
    assert "after: [kept, verification]" in text
    text = text.replace("after: [kept, verification]", "after: [kept]")
    (folder / "config" / "mlflow_release.yaml").write_text(text, encoding="utf-8")
    return folder


def outcomes(clone: Path, stage: str) -> dict[str, str]:
    """Give the outcome of each row of a stage."""
    live = clone / f"analysis_outputs/rehearsals/{FORMER}-{RELEASE}/live"
    run = json.loads((live / stage / "run.json").read_text(encoding="utf-8"))
    return {one["check"]: one["outcome"] for one in run["results"]}


@pytest.mark.slow
def test_there_and_back_in_containers(tmp_path: Path) -> None:
    clone = cloned(tmp_path / "clone")
    (tmp_path / "tmp").mkdir()
    with deployment() as made:
        artifacts = filled(made, tmp_path / "data")
        with connect(made) as opened:
            before = opened.execute(_ROWS).fetchall()
        assert (len(before), made.containers()) == (21, [f"{made.project}_database_1"])
        done = runner(
            *("rehearse", "--profile", "docker", "--from", FORMER, "--to", RELEASE, "--json"),
            *("--set", f"vars.database_url={address(made)}"),
            *("--set", f"vars.artifacts={artifacts}"),
            cwd=clone,
            env={**made.environment, "PGUSER": "mlflow", "TMPDIR": str(tmp_path / "tmp")},
            limit=1_800,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        record = json.loads(done.stdout)
        assert (record["profile"], record["restored"]) == ("rehearsal-docker", True)
        assert record["migration"]["revision_before"] == "bf29a5ff90ea"
        assert record["migration"]["revision_after"] != "bf29a5ff90ea"
        assert all(one["before"] and one["before"] == one["after"] for one in record["kept"])
        assert [one["what"] for one in record["kept"]] == ["repository", "database", "artifacts"]
        assert outcomes(clone, "after-kept") == {
            "health-version-api": "passed",
            "nothing-is-lost": "passed",
        }
        assert outcomes(clone, "compare-same") == {
            "health-version-api": "passed",
            "as-it-was": "passed",
        }
        assert PASSWORD not in done.stdout + done.stderr
        with connect(made) as opened:
            assert opened.execute(_ROWS).fetchall() == before
            names = opened.execute("SELECT datname FROM pg_database WHERE datname ~ 'runner'")
            assert names.fetchall() == []
        assert made.containers() == [f"{made.project}_database_1"]
    assert list((tmp_path / "tmp").iterdir()) == []
    mine = f"label=com.docker.compose.project={record['id'].lower()}"
    assert docker("ps", "--all", "--quiet", "--filter", mine) == ""
    texts = (path.read_bytes() for path in clone.rglob("analysis_outputs/**/*") if path.is_file())
    assert not any(PASSWORD.encode() in one for one in texts)
