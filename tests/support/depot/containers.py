"""The service in containers: images of one small layer, PostgreSQL, and the real Compose file.

The image answers to ``mlflow``: ``deployment/blue-green.yml`` starts it as it starts MLflow. It is
built and pushed by the very row of this repository's playbook. Compose is v2, which needs a tenth
of the processor's time that 1.29 does.
"""

from __future__ import annotations

import contextlib
import copy
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.containers import BASE, PLUGIN, POSTGRES, docker, free_port, require_images
from support.depot import ROOT, VERSIONS, Depot, begin, deployed, needed, repository, shut_down
from support.registry import forget

PASSWORD = "of-a-test-alone"
DEPLOYMENT = "deployment/containers.toml"
_HERE = Path(__file__).parent
_HOME = '--home, "${{ vars.home }}"'
_MLFLOW = """\
#!/usr/bin/python3
import runpy
import sys

sys.path.insert(0, "/opt/depot")
from depot import VERSION

if "--version" in sys.argv:
    sys.exit(print(f"mlflow, version {VERSION}"))
given = dict(zip(sys.argv[2::2], sys.argv[3::2]))
address = f"{given['--host']}:{given['--port']}"
sys.argv = ["depot", "serve", given["--backend-store-uri"], address]
runpy.run_module("depot", run_name="__main__")
"""
_DOCKERFILE = """\
FROM %s
ARG MLFLOW_VERSION=1.0
LABEL org.opencontainers.image.version="$MLFLOW_VERSION"
ENV DEPOT_VERSION=$MLFLOW_VERSION
COPY files /
USER 10001
"""
_FEW = """\
psql=/usr/lib/postgresql/15/bin/psql
ldd /usr/bin/python3 $psql /usr/lib/python3.11/lib-dynload/*.so |
  grep -o '/lib[^ ]*so[^ ]* (' | tr -d '( ' | sort -u >/tmp/libraries
exec tar --hard-dereference -chf - --exclude=__pycache__ --exclude=ensurepip \\
  --exclude=python3.11/test /usr/bin/python3 /usr/lib/python3.11 $psql -T /tmp/libraries
"""
"""Gives a tenth of the base, which is what the service needs: it is pushed in seconds."""


@contextlib.contextmanager
def contained_depot(folder: Path, shared: Path, registry: str) -> Iterator[Depot]:
    """Make the repository, deploy 1.0 into the slot blue, and remove everything after the block.

    The releases' images are built and pushed to a registry by their rollouts.
    """
    needed()
    require_images()
    image = f"runner-test/depot-{secrets.token_hex(4)}"
    made = _repository(folder, shared, image, registry)
    compose = ("docker-compose", "-f", "deployment/blue-green.yml")
    env = {**made.env, "DEPLOYMENT": str(made.home)}
    try:
        _few(f"{image}:base")
        docker("build", "--quiet", "--tag", f"{image}:v1.0", f"{made.repository}/deployment/mlflow")
        made.told("up")
        _reachable(made.env["DATABASE_PORT"])
        begin(made, "--image", f"{image}:v1.0")
        yield made
    finally:
        shut_down(made.repository, "deployment/containers/supervisord.conf", made.home, made.env)
        down = (*compose, "down", "--volumes", "--timeout", "1")
        subprocess.run(down, cwd=made.repository, env=env, capture_output=True, check=False)
        for tag in (*(f"v{version}" for version in VERSIONS), "base"):
            forget(f"{image}:{tag}")
            forget(f"{registry}/{image}:{tag}")


def _repository(folder: Path, shared: Path, image: str, registry: str) -> Depot:
    port = free_port()
    place = f"postgresql://127.0.0.1:{port}/mlflow"
    made = repository(folder, shared)
    programs = folder / "bin"
    programs.mkdir()
    (programs / "docker-compose").symlink_to(PLUGIN / "cli-plugins/docker-compose")
    env = {
        "PATH": f"{programs}:{made.env['PATH']}",
        "COMPOSE_PROJECT_NAME": f"runner-test-{secrets.token_hex(4)}",
        "DATABASE_PORT": str(port),
        "PGUSER": "mlflow",
        "PGPASSWORD": PASSWORD,
        "POSTGRES_IMAGE": POSTGRES,
        "RESTART": "no",
        "WORKERS": "1",
    }
    made = replace(made, env={**made.env, **env}, deployment=DEPLOYMENT, place=place)
    deployment = made.repository / "deployment"
    shutil.copytree(ROOT / "deployment/containers", deployment / "containers")
    shutil.copy(ROOT / "deployment/blue-green.yml", deployment)
    (deployment / "containers.toml").write_text(deployed("containers"))
    service = {"image": f"{image}:v1.0", "build": {"context": "mlflow"}}
    (deployment / "docker-compose.yml").write_text(
        yaml.safe_dump({"services": {"mlflow": service}})
    )
    _files(deployment / "mlflow", f"{image}:base")
    text = made.playbook.read_text(encoding="utf-8")
    told = _playbook(text, place, image, registry)
    made.playbook.write_text(yaml.safe_dump(told, sort_keys=False), encoding="utf-8")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "in containers")
    return made


def _few(image: str) -> None:
    """Make the image that those of the service are made of."""
    given = ("docker", "run", "--rm", "--network", "none", BASE, "sh", "-c", _FEW)
    with subprocess.Popen(given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as running:
        taken = ["docker", "import", "-", image]
        subprocess.run(taken, stdin=running.stdout, stdout=subprocess.DEVNULL, check=True)
    assert running.returncode == 0


def _files(context: Path, base: str) -> None:
    """Write what the image is built of."""
    package = context / "files/opt/depot/depot"
    package.mkdir(parents=True)
    (context / "Dockerfile").write_text(_DOCKERFILE % base)
    (package / "__init__.py").write_text('import os\n\nVERSION = os.environ["DEPOT_VERSION"]\n')
    shutil.copy(_HERE / "program.txt", package / "__main__.py")
    program = context / "files/usr/local/bin/mlflow"
    program.parent.mkdir(parents=True)
    program.write_text(_MLFLOW)
    program.chmod(0o755)


def _playbook(text: str, place: str, image: str, registry: str) -> dict[str, Any]:
    """Give the service's playbook with the other deployment, its database and its images."""
    for old, new in (
        ('"sqlite:///${{ vars.home }}/depot.db"', place),
        ('"${{ vars.home }}/depot.db"', place),
        ('home: "${{ vars.home }}"', f'home: "${{{{ vars.home }}}}", deployment: {DEPLOYMENT}'),
        (_HOME, f"{_HOME}, --deployment, {DEPLOYMENT}"),
    ):
        assert old in text
        text = text.replace(old, new)
    told: dict[str, Any] = yaml.safe_load(text)
    told["release"] |= {"image": f"{image}:v1.0", "image_template": f"{image}:v{{version}}"}
    told["vars"] |= {"deployment": DEPLOYMENT, "registry": registry}
    told["pins"] += [
        {"file": "deployment/mlflow/Dockerfile", "docker_arg": "MLFLOW_VERSION"},
        {
            "file": "deployment/docker-compose.yml",
            "yaml_path": "services.mlflow.image",
            "template": f"{image}:v{{version}}",
        },
    ]
    told["stages"]["rollout"][0] = _build()
    for check in (*told["stages"]["rollout"], *told["stages"]["rollback"]):
        check["secrets"] = ["PGPASSWORD"]
        for step in (check, *check.get("steps", ())):
            argv = step.get("run", ())
            if "decide" in argv or "back" in argv:
                argv += ["--image", "${{ release.image }}"]
    return told


def _build() -> dict[str, Any]:
    """Give the row of this repository's playbook that builds, looks at and pushes the image."""
    told = yaml.safe_load((ROOT / "config/mlflow_release.yaml").read_text(encoding="utf-8"))
    row = copy.deepcopy(told["profiles"]["docker"]["stages"]["rollout"]["build-the-release"])
    build, smoke, push, programs = row["steps"]
    assert "build" in build["run"]
    assert "uses" in smoke
    assert "checks/rollout/push.py" in push["run"]
    words = [
        "requirements.txt" if "/" in one and one.endswith(".txt") else one
        for one in programs["run"]
    ]
    programs["run"] = [*words, "--package", "depot"]
    return {"area": "Build", **row}


def _reachable(port: str) -> None:
    argv = ["pg_isready", "--host", "127.0.0.1", "--port", port, "--username", "mlflow"]
    for _ in range(600):
        if subprocess.run(argv, capture_output=True, check=False).returncode == 0:
            return
        time.sleep(0.1)
    pytest.fail("the database does not come up")
