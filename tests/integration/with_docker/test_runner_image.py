"""The image of the runner itself, built without any registry, and used as its users do."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.containers import BASE, ROOT, docker, require_images

import runner

TAG = f"upgrade-runner/runner:test-{os.getpid()}"
LOCK = "deployment/runner/requirements.txt"


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    require_images()
    context = tmp_path_factory.mktemp("context")
    (context / LOCK).parent.mkdir(parents=True)
    shutil.copy(ROOT / LOCK, context / LOCK)
    shutil.copy(ROOT / ".dockerignore", context)
    python("-m", "hatchling", "build", "-t", "wheel", "-d", str(context / "dist"))
    wheels = ("--require-hashes", "--only-binary", ":all:", "--dest", str(context / "wheelhouse"))
    python("-m", "pip", "download", "--quiet", *wheels, "--requirement", str(context / LOCK))
    arguments = {"BASE_IMAGE": BASE, "PIP_OPTIONS": "--no-index --find-links wheelhouse"}
    stated = [
        word for name, value in arguments.items() for word in ("--build-arg", f"{name}={value}")
    ]
    file = str(ROOT / "deployment/runner/Dockerfile")
    docker("build", "--network", "none", "--file", file, "--tag", TAG, *stated, str(context))
    yield TAG
    docker("image", "rm", TAG)


def python(*words: str) -> None:
    done = subprocess.run(
        (sys.executable, *words), cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def run(image: str, *words: str, mount: Path = ROOT) -> str:
    return docker(
        *("run", "--rm", "--network", "none", "--volume", f"{mount}:/work:ro", image, *words)
    )


def test_it_is_the_runner_of_this_repository(image: str) -> None:
    assert run(image, "--version").split()[-1] == runner.__version__
    assert docker("image", "inspect", "--format", "{{.Config.User}}", image).strip() == "1000"


def test_it_reads_a_repository_that_belongs_to_another(image: str) -> None:
    assert run(image, "lint").strip() == "1 playbook valid"
    assert "mlflow" in run(image, "plan", "verification", "--profile", "docker")
    # git works in the folder, though it is not the user's own.
    assert run(image, "status", "--json").startswith("{")
