"""Compose as a machine has it: what is deployed to containers goes through one small script."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
SCRIPT = ROOT / "deployment/containers/compose"


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("docker", "said"),
    [
        ('[ "$1" = compose ] && echo "v2 $*"', "v2 compose -f a b.yml up"),  # the plugin
        ("exit 1", "v1 -f a b.yml up"),  # a docker without it
        ("", "v1 -f a b.yml up"),  # no docker at all, as with podman
    ],
)
def test_what_is_there_is_taken(tmp_path: Path, docker: str, said: str) -> None:
    if docker:
        program(tmp_path, "docker", docker)
    program(tmp_path, "docker-compose", 'echo "v1 $*"')
    argv = ["/bin/sh", str(SCRIPT), "-f", "a b.yml", "up"]
    done = subprocess.run(
        argv, env={"PATH": str(tmp_path)}, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{said}\n"


def test_nothing_calls_either_by_itself() -> None:
    texts = [ROOT / "deployment/containers.toml", ROOT / "deployment/containers/up"]
    texts.append(ROOT / "config/mlflow_release.yaml")
    for path in texts:
        text = path.read_text(encoding="utf-8").replace("docker-compose.", "")
        assert "docker-compose" not in text
        assert "docker compose" not in text
        assert "deployment/containers/compose" in text
