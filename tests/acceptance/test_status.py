"""``runner status`` in a repository, as a user and as a gate of CI."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PLAYBOOK = """\
release: {package: mlflow, version: 3.6.0, status: fine, cves: [CVE-2026-0596]}
owners: {dri: ML Lead, notify: [security, compliance]}
pins:
  - {file: r.txt, requirement: mlflow}
  - {file: Dockerfile, docker_arg: V}
stages: {verification: [{area: A, run: ["true"]}]}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "mlflow_release.yaml").write_text(PLAYBOOK)
    (tmp_path / "r.txt").write_text("mlflow==3.6.0\n")
    (tmp_path / "Dockerfile").write_text("FROM x\nARG V=3.6.0\n")
    return tmp_path


def _status(repository: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "runner", "status", *words],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_all_in_sync(repository: Path) -> None:
    done = _status(repository, "--check")
    assert done.stdout == (
        "mlflow 3.6.0 · upgrade queued\n"
        "  status   fine\n"
        "  owner    ML Lead\n"
        "  notify   security, compliance\n"
        "  tracked  1 advisory\n"
        "✓ r.txt:1  requirement mlflow  3.6.0\n"
        "✓ Dockerfile:2  docker_arg V  3.6.0\n"
        "in sync: 2 places\n"
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_drift_is_shown_and_fails_only_the_gate(repository: Path) -> None:
    (repository / "Dockerfile").write_text("ARG V=3.5.0\n")
    (repository / "r.txt").unlink()

    done = _status(repository, "--check")

    assert done.returncode == 1
    assert done.stdout.splitlines()[-4:] == [
        "✗ r.txt: cannot be read: No such file or directory",
        "  hint: name a file of the repository",
        "✗ Dockerfile:1  docker_arg V  has '3.5.0', wants '3.6.0'",
        "2 of 2 places drifted",
    ]
    assert _status(repository).returncode == 0


def test_json_says_the_same(repository: Path) -> None:
    (repository / "Dockerfile").write_text("ARG V=3.5.0\n")
    told = json.loads(_status(repository, "--json").stdout)
    assert told["in_sync"] is False
    assert told["release"]["version"] == "3.6.0"
    assert [one["in_sync"] for one in told["pins"]] == [True, False]
    assert told["pins"][1]["has"] == "3.5.0"


def test_a_playbook_without_pins_has_nothing_to_drift(repository: Path) -> None:
    (repository / "config" / "mlflow_release.yaml").write_text(
        "release: {package: a, version: '1'}\nstages: {verification: [{area: A, run: ['true']}]}\n"
    )
    done = _status(repository, "--check")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (
        0,
        "no pin: nothing repeats the version",
    )


def test_an_invalid_playbook_is_no_drift(repository: Path) -> None:
    (repository / "config" / "mlflow_release.yaml").write_text("release: 1\n")
    assert _status(repository, "--check").returncode == 2
