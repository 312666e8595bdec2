"""A registry of the tests' own, and the images that are made for it."""

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
from support.systems import missing

PROGRAM = Path(__file__).resolve().parents[2] / "checks/rollout/push.py"


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
        missing("docker-registry is not installed (Debian: apt-get install docker-registry)")
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
                forget(image)


def _answering(address: str) -> None:
    for _ in range(300):
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            if urllib3.request("GET", f"http://{address}/v2/", retries=False, timeout=10).data:
                return
        time.sleep(0.1)
    pytest.fail(f"no registry answers at {address}")


def forget(reference: str) -> None:
    """Remove an image, by its tag and by the digests that it was pushed and pulled by."""
    name = reference.rpartition(":")[0]
    known = subprocess.run(
        ["docker", "images", "--digests", "--format", "{{.Repository}}@{{.Digest}}", name],
        capture_output=True,
        text=True,
        check=False,
    )
    digests = [one for one in known.stdout.split() if not one.endswith("<none>")]
    subprocess.run(["docker", "rmi", reference, *digests], capture_output=True, check=False)
