"""A release's image is pushed to a real registry, and asked back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import urllib3
from support.containers import free_port
from support.registry import PROGRAM, Registry, registry


def test_it_is_there_afterwards(tmp_path: Path) -> None:
    with registry(tmp_path) as made:
        image = made.image("one")
        done = made.push(image)
        assert done.returncode == 0, done.stderr
        told = json.loads(done.stdout)
        assert told["reference"] == f"{made.address}/{image}"
        name, _, tag = image.partition(":")
        accept = {"Accept": "application/vnd.docker.distribution.manifest.v2+json"}
        url = f"http://{made.address}/v2/{name}/manifests/{tag}"
        answer = urllib3.request("GET", url, headers=accept, timeout=10)
        assert answer.headers["Docker-Content-Digest"] == told["digest"]
        assert answer.json()["config"]["digest"] == told["id"]
        # Again changes nothing.
        assert json.loads(made.push(image).stdout) == told


def test_a_registry_that_refuses(tmp_path: Path) -> None:
    with registry(tmp_path, readonly=True) as made:
        done = made.push(made.image("two"))
        assert (done.returncode, done.stdout) == (1, "")
        assert "docker push" in done.stderr
        assert "ended with exit code 1" in done.stderr


def test_a_registry_that_is_not_there(tmp_path: Path) -> None:
    with registry(tmp_path) as made:
        image = made.image("three")
    assert made.push(image).returncode == 2  # the image went with the registry's end
    with registry(tmp_path) as other:
        image = other.image("four")
        gone = Registry(f"127.0.0.1:{free_port()}", other.images)
        done = gone.push(image)
        assert done.returncode == 1
        assert "connection refused" in done.stderr


def test_without_a_registry_nothing_is_pushed() -> None:
    argv = [sys.executable, str(PROGRAM), "--image", "a/b:1", "--registry", ""]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"left out": "no registry is configured"}
