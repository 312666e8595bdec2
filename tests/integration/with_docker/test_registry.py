"""A release's image is pushed to a real registry, and asked back."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from support.containers import free_port, require_docker

ROOT = Path(__file__).resolve().parents[3]
PROGRAM = ROOT / "checks/rollout/push.py"


@dataclass(frozen=True)
class Registry:
    """Debian's docker-registry, on a port of its own."""

    address: str
    """Host and port; docker takes one of this machine without TLS."""
    images: list[str]
    """What was made here."""

    def push(self, image: str) -> subprocess.CompletedProcess[str]:
        """Push an image by the program."""
        argv = [sys.executable, str(PROGRAM), "--image", image, "--registry", self.address]
        done = subprocess.run(argv, capture_output=True, text=True, check=False)
        self.images.append(f"{self.address}/{image}")
        return done

    def image(self, content: str) -> str:
        """Make a small image, and give its reference."""
        stream = io.BytesIO()
        with tarfile.open(fileobj=stream, mode="w") as archive:
            entry = tarfile.TarInfo("content")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content.encode()))
        reference = f"runner-test/push:{os.urandom(4).hex()}"
        subprocess.run(
            ["docker", "import", "-", reference],
            input=stream.getvalue(),
            check=True,
            capture_output=True,
        )
        self.images.append(reference)
        return reference


@contextlib.contextmanager
def registry(folder: Path, *, readonly: bool = False) -> Iterator[Registry]:
    """Run a registry; what was made for it is removed after the block."""
    require_docker()
    if shutil.which("docker-registry") is None:
        pytest.skip("docker-registry is not installed")
    made = Registry(f"127.0.0.1:{free_port()}", [])
    settings = {
        "version": "0.1",
        "storage": {
            "filesystem": {"rootdirectory": str(folder / "registry")},
            "maintenance": {"readonly": {"enabled": readonly}},
        },
        "http": {"addr": made.address},
    }
    path = folder / f"registry-{readonly}.json"  # JSON is YAML
    path.write_text(json.dumps(settings))
    argv = ["docker-registry", "serve", str(path)]
    with subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            _answering(made.address)
            yield made
        finally:
            running.kill()
            for image in made.images:
                _forget(image)


def _answering(address: str) -> None:
    for _ in range(300):
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if urllib3.request("GET", f"http://{address}/v2/", retries=False, timeout=10).data:
                return
        time.sleep(0.1)
    pytest.fail(f"no registry answers at {address}")


def _forget(reference: str) -> None:
    name = reference.rpartition(":")[0]
    known = subprocess.run(
        ["docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}", name],
        capture_output=True,
        text=True,
        check=False,
    )
    digests = [one for one in known.stdout.split() if not one.endswith("<none>")]
    subprocess.run(["docker", "rmi", reference, *digests], capture_output=True, check=False)


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
