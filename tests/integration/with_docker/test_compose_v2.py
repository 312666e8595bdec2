"""The playbook of MLflow on its container, by the other Compose.

`test_upgrade.py` runs every row there is, by the Compose of Debian.
"""

from __future__ import annotations

import json
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

from support.containers import PASSWORD, PLUGIN, compose_client, deployment


def test_the_same_containers_come_up(tmp_path: Path) -> None:
    with deployment(variables={"DOCKER_CONFIG": str(PLUGIN)}) as made:
        assert compose_client(made.environment) == ("docker", "compose")
        only = ("--only", "container-smoke-test", "--only", "artifact-push")
        done = made.run("validate", "-o", str(tmp_path), *only)
        rows = outcomes(done, tmp_path / "live/verification/run.json")
        assert rows == {"container-smoke-test": "passed", "artifact-push": "passed"}
        assert made.containers() == []
        assert made.volumes() == [f"{made.project}_artifacts", f"{made.project}_database"]


def outcomes(done: CompletedProcess[str], record: Path) -> dict[str, str]:
    assert PASSWORD not in done.stdout + done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    return {one["check"]: one["outcome"] for one in document(record)["results"]}


def document(path: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return told
