"""MLflow as it is deployed, for tests: containers and volumes of their own, on ports of their own.

``.ci/images`` makes the images. On CI they are made where they are missing, and everything here is
required; on a user's machine a test is skipped where Docker or an image is not there.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.command import BIN, environment, runner
from support.systems import PLATFORM, missing

ROOT = Path(__file__).resolve().parents[2]
RELEASE, FORMER = "3.17.2", "3.6.0"
"""The versions of which there are images: the playbook's, and the one before."""
BASE = "upgrade-runner/base:bookworm"
"""Debian with Python, git and PostgreSQL."""
POSTGRES = "upgrade-runner/postgres:15"
"""What stands behind the server."""
PYTHON = (3, 11)
"""What the base has: `.ci/images` fetches wheels for it by an interpreter of the same version."""
PASSWORD = "pa-ss.of_the~tests"
"""Of the database's owner; nothing of it needs encoding in a URL."""
PLUGIN = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / (
    "upgrade-runner-ci/compose"
)
"""As DOCKER_CONFIG it brings `docker compose` v2, which Debian 12 does not have."""
_TOOLS = ROOT / ".venv-mlflow" / "bin"


def image(version: str = RELEASE) -> str:
    """Name the image of a version."""
    return f"forgetrace/mlflow:v{version}"


def require_docker() -> None:
    """See that a daemon answers; skips where none does, but fails on CI."""
    if sys.platform != "linux":
        pytest.skip(f"{PLATFORM}the images are Linux's, and are made by its tools")
    if shutil.which("docker") is None:
        missing("docker is not installed (Debian: apt-get install docker.io docker-compose)")
    done = _run("docker", "version", "--format", "{{.Server.Version}}")
    if done.returncode:
        missing(f"no Docker daemon answers: {done.stderr.strip()}")
    if _run("docker", "compose", "version").returncode and shutil.which("docker-compose") is None:
        missing("Compose is not installed (Debian: apt-get install docker-compose)")


def require_images() -> None:
    """See that the images are there; on CI they are made, elsewhere their tests are skipped."""
    require_docker()
    if sys.version_info[:2] != PYTHON:
        pytest.skip(f"{PLATFORM}the images have Python 3.11, for which it must fetch the wheels")
    if os.environ.get("CI") == "true":
        done = _run(ROOT / ".ci/images")
        assert done.returncode == 0, done.stdout[-4_000:] + done.stderr[-4_000:]
    elif (done := _run(ROOT / ".ci/images", "--check")).returncode:
        pytest.skip(f".ci/images makes them: {', '.join(done.stdout.splitlines())}")


def free_port() -> int:
    """Give a TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass(frozen=True)
class Deployment:
    """A Compose project: which it is, and where it answers. Nothing of it is started yet."""

    project: str = field(default_factory=lambda: f"runner-test-{secrets.token_hex(4)}")
    """Its name, which its containers and volumes begin with."""
    port: int = field(default_factory=free_port)
    """Of the MLflow server, on 127.0.0.1."""
    database_port: int = field(default_factory=free_port)
    """Of PostgreSQL, on 127.0.0.1."""
    repository: Path = ROOT
    """With the Compose file."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """More of its environment."""

    @property
    def url(self) -> str:
        """Give the server's address."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """Give the database's address, password included."""
        return f"postgresql://mlflow:{PASSWORD}@127.0.0.1:{self.database_port}/mlflow"

    @property
    def settings(self) -> tuple[str, ...]:
        """Give the options of ``runner`` that lead it here."""
        ports = f"vars.port={self.port}", f"vars.database_port={self.database_port}"
        return ("--profile", "docker", *(word for one in ports for word in ("--set", one)))

    @property
    def environment(self) -> dict[str, str]:
        """Give what Compose, the checks and the runner look up; ``python`` is MLflow's."""
        return environment(
            {
                "PATH": os.pathsep.join((str(_TOOLS), str(BIN), os.environ["PATH"])),
                "COMPOSE_PROJECT_NAME": self.project,
                "POSTGRES_IMAGE": POSTGRES,
                "BASE_IMAGE": BASE,
                "PORT": str(self.port),
                "DATABASE_PORT": str(self.database_port),
                "PGPASSWORD": PASSWORD,
                "RESTART": "no",
                "WORKERS": "1",
                **self.variables,
            }
        )

    def run(
        self, *args: str, cwd: Path | None = None, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run ``runner`` on it, in its repository unless told otherwise."""
        words = (*args, *self.settings)
        where = cwd or self.repository
        return runner(*words, cwd=where, env={**self.environment, **(env or {})}, limit=1_800)

    def compose(self, *words: str) -> str:
        """Give what Compose prints."""
        file = str(self.repository / "deployment/docker-compose.yml")
        done = _run(*compose_client(self.environment), "-f", file, *words, env=self.environment)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def containers(self) -> list[str]:
        """Name its containers, ended ones too."""
        return self._listed("ps", "--all", "--format", "{{.Names}}")

    def volumes(self) -> list[str]:
        """Name its volumes."""
        return self._listed("volume", "ls", "--format", "{{.Name}}")

    def _listed(self, *words: str) -> list[str]:
        mine = f"label=com.docker.compose.project={self.project}"
        return sorted(docker(*words, "--filter", mine).split())


@contextlib.contextmanager
def deployment(
    repository: Path = ROOT, variables: Mapping[str, str] | None = None
) -> Iterator[Deployment]:
    """Give a project of the test's own, and remove its containers and volumes after the block."""
    require_images()
    made = Deployment(repository=repository, variables=variables or {})
    try:
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "5")


def docker(*words: str) -> str:
    """Give what the Docker client prints."""
    done = _run("docker", *words)
    assert done.returncode == 0, f"docker {' '.join(words)}: {done.stderr}"
    return done.stdout


def compose_client(env: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Give the argv of the Compose that is there, in the order in which the runner looks."""
    plugin = _run("docker", "compose", "version", env=env).returncode == 0
    return ("docker", "compose") if plugin else ("docker-compose",)


def _run(
    *words: str | Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(word) for word in words],
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
