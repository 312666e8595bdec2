"""The playbook of MLflow on what is deployed: its container, with PostgreSQL behind it."""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from support.containers import PASSWORD, PLUGIN, Deployment, compose_client, deployment, image


def test_preflight_and_matrix(tmp_path: Path) -> None:
    with deployment() as made:
        output = tmp_path / "out"
        preflight(made, output)
        verification(made, output)
        # Containers go, and what the users have stays.
        assert made.containers() == []
        assert made.volumes() == [f"{made.project}_artifacts", f"{made.project}_database"]
    assert made.volumes() == []
    assert_no_password_below(output)


def test_the_same_containers_by_compose_v2(tmp_path: Path) -> None:
    with deployment(variables={"DOCKER_CONFIG": str(PLUGIN)}) as made:
        assert compose_client(made.environment) == ("docker", "compose")
        only = ("--only", "container-smoke-test", "--only", "artifact-push")
        done = made.run("validate", "-o", str(tmp_path), *only)
        rows = outcomes(done, tmp_path / "live/verification/run.json")
        assert rows == {"container-smoke-test": "passed", "artifact-push": "passed"}
        assert made.containers() == []
        assert made.volumes() == [f"{made.project}_artifacts", f"{made.project}_database"]


def preflight(made: Deployment, output: Path) -> None:
    done = made.run("run", "preflight", "-o", str(output), "--set", backups(output))
    rows = outcomes(done, output / "live/preflight/run.json")
    assert set(rows.values()) == {"passed"}
    wanted = "release-smoke lock-environment snapshot-experiments database-backup artifact-backup"
    assert {*wanted.split()} <= {*rows}
    told = document(output / "live/database-backup.json")
    assert told["engine"] == "postgresql"
    assert told["database"] == made.database_url.replace(f":{PASSWORD}@", "@")
    looked_at = document(output / "live/image.json")
    assert looked_at["reference"] == image()
    assert looked_at["version"] in image()
    root = document(output / "live/sbom-before.cdx.json")["metadata"]["component"]
    assert (root["type"], root["name"]) == ("container", image())
    assert root["version"] == looked_at["digest"]


def verification(made: Deployment, output: Path) -> None:
    done = made.run("validate", "-o", str(output), "--set", backups(output))
    rows = outcomes(done, output / "live/verification/run.json")
    assert set(rows.values()) == {"passed"}
    assert len(rows) == 5
    bill = document(output / "live/sbom-after.cdx.json")
    assert bill["metadata"]["component"]["name"] == image()
    assert "mlflow" in {one["name"] for one in bill["components"]}


def backups(output: Path) -> str:
    return f"vars.backups={output}/backups"


def outcomes(done: CompletedProcess[str], record: Path) -> dict[str, str]:
    assert PASSWORD not in done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["check"]: one["outcome"] for one in document(record)["results"]}


def document(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told


def assert_no_password_below(folder: Path) -> None:
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    assert [path for path in files if PASSWORD.encode() in path.read_bytes()] == []
