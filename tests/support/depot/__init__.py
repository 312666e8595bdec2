"""A tiny service with users, deployed for real: HAProxy before two slots, supervisord around them.

Its releases are wheels that are made here; 1.x has one schema, 2.x migrates it. A file ``fault`` in
the deployment's folder breaks it in one way or another.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import urllib3

from support.command import environment, killed, runner
from support.containers import free_port
from support.processes import small_files
from support.standin import wheel
from support.systems import missing

VERSIONS = ("1.0", "1.1", "2.0")
ROOT = Path(__file__).resolve().parents[3]
_HERE = Path(__file__).parent
_ONCE = {"Connection": "close"}
"""A proxy that is to end waits for connections that stay open."""
_SERVE = """#!/bin/sh
set -eu
case $1 in blue) address=$BLUE;; green) address=$GREEN;; esac
name=$(echo "$1" | tr '[:lower:]' '[:upper:]')
setting() { sed -n "s/^${name}_$1=//p" "$DEPLOYMENT/slots.env" 2>/dev/null || true; }
[ "$(setting STATE)" = up ] || exit 0
exec "$(setting ENVIRONMENT)/bin/python" -m depot serve "$DEPLOYMENT/depot.db" "$address"
"""


@dataclass(frozen=True)
class Depot:
    """A repository with a playbook, and the deployment that it upgrades."""

    repository: Path
    """A git repository."""
    env: dict[str, str]
    """With the ports of the deployment, and the places of wheels and caches."""
    deployment: str = "deployment/local.toml"
    """How it is deployed."""
    place: str = ""
    """URL of its database; empty for SQLite."""

    @property
    def home(self) -> Path:
        """The deployment's folder."""
        return self.repository / "home"

    @property
    def database(self) -> Path:
        """That of the service."""
        return self.home / "depot.db"

    @property
    def playbook(self) -> Path:
        """The playbook."""
        return self.repository / "config" / "depot_release.yaml"

    @property
    def url(self) -> str:
        """Where users call."""
        return f"http://{self.env['PUBLIC']}"

    def ask(self, path: str, url: str = "") -> str:
        """Give an answer of the service, which must be one of success."""
        where = (url or self.url) + path
        response = urllib3.request("GET", where, headers=_ONCE, timeout=30, retries=False)
        assert response.status == HTTPStatus.OK, (response.status, response.data)
        return response.data.decode()

    def ready(self, url: str = "") -> None:
        """Wait until the service answers, or one of its servers."""
        for _ in range(1200):
            try:
                self.ask("/health", url)
            except Exception:  # noqa: BLE001 - whatever it is, it is not up
                time.sleep(0.05)
            else:
                return
        pytest.fail(f"{url or self.url} does not come up")

    def write(self, name: str) -> str:
        """Write an item, and give the version that took it."""
        url = f"{self.url}/items"
        response = urllib3.request(
            "POST", url, body=name, headers=_ONCE, timeout=600, retries=False
        )
        assert response.status == HTTPStatus.CREATED, (response.status, response.data)
        return response.data.decode()

    def items(self) -> list[str]:
        """Give what users see."""
        names: list[str] = json.loads(self.ask("/items"))
        return names

    def fault(self, text: str) -> None:
        """Break the service in a way; an empty text mends it."""
        for folder in (self.home, self.home / "mlartifacts"):  # the second one is in containers
            if folder.is_dir():
                (folder / "fault").write_text(text)

    def step(self, *words: str, ok: bool = True) -> subprocess.CompletedProcess[str]:
        """Carry out one step of a rollout by itself."""
        where = ("--home", "home", "--deployment", self.deployment)
        done = subprocess.run(
            [sys.executable, "checks/rollout/rollout.py", words[0], *where, *words[1:]],
            cwd=self.repository,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done

    def told(self, *words: str) -> dict[str, Any]:
        """Carry out one step, and give what it told."""
        told: dict[str, Any] = json.loads(self.step(*words).stdout)
        return told

    def of(self, version: str) -> tuple[str, ...]:
        """Give the options that name a release, whose lock is written."""
        path = self.repository / f"lock-{version}.txt"
        path.write_text(lock_of(Path(self.env["UV_FIND_LINKS"]), version))
        return ("--package", "depot", "--version", version, "--lock", str(path))

    def runner(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a user does."""
        return runner(*words, cwd=self.repository, env=self.env, limit=900)

    def run(self, stage: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a stage as a user does."""
        return self.runner("run", stage, *words)

    def results(self, stage: str) -> dict[str, str]:
        """Give the outcome of each check of the last run."""
        path = self.repository / f"analysis_outputs/live/{stage}/run.json"
        told = json.loads(path.read_bytes())
        return {one["check"]: one["outcome"] for one in told["results"]}

    def log(self, stage: str, check: str) -> str:
        """Give the log of the first attempt of a check."""
        path = self.repository / f"analysis_outputs/live/{stage}/logs/{check}.1.log"
        return path.read_text(encoding="utf-8")

    def kill(self, *words: str, check: str) -> None:
        """Run a command, and kill it (``kill -9``) once a check of its stage has begun."""
        stage = "rollback" if "rollback" in words else "rollout"
        sign = self.repository / f"analysis_outputs/live/{stage}/logs/{check}.1.log"
        killed(*words, cwd=self.repository, env=self.env, sign=sign)

    def full_disk(self, stage: str) -> int:
        """Run a stage that can write no large file, and give its exit code."""
        argv = [sys.executable, "-m", "runner", "run", stage]
        done = subprocess.run(
            argv,
            cwd=self.repository,
            env=self.env,
            stdout=subprocess.DEVNULL,
            check=False,
            preexec_fn=small_files,
        )
        return done.returncode

    def bump(self, version: str, *words: str) -> None:
        """Bring every pin to a version, and commit that."""
        argv = ("bump", "--version", version, *words)
        done = runner(*argv, cwd=self.repository, env=self.env)
        assert done.returncode == 0, done.stdout + done.stderr
        self.git("commit", "--quiet", "--all", "--message", f"bump to {version}")

    def git(self, *words: str) -> str:
        """Run git in the repository."""
        argv = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
        done = subprocess.run(argv, cwd=self.repository, check=True, capture_output=True, text=True)
        return done.stdout


def deployed(name: str) -> str:
    """Give this repository's description of a deployment, with what is the service's own."""
    text = (ROOT / f"deployment/{name}.toml").read_text(encoding="utf-8")
    revisions = 'revisions = ["{environment}/bin/python", "checks/mlflow/schema_revisions.py"]'
    probe = 'probe = "/api/2.0/mlflow/experiments/get?experiment_id=0"'
    assert revisions in text
    assert probe in text
    text = text.replace(
        revisions, 'revisions = ["{environment}/bin/python", "-m", "depot", "revisions"]'
    )
    text = re.sub(r"(?m)^(healthy|drain) = .*$", r"\1 = 20", text)
    return text.replace(probe, 'probe = "/items"')


def lock_of(wheels: Path, version: str) -> str:
    """Write a lock as uv does."""
    digest = hashlib.sha256((wheels / f"depot-{version}-py3-none-any.whl").read_bytes()).hexdigest()
    return (
        "# This file was autogenerated by uv via the following command:\n"
        "#    uv pip compile --generate-hashes requirements.in -o requirements.txt\n"
        f"depot=={version} \\\n    --hash=sha256:{digest}\n    # via -r requirements.in\n"
    )


def needed() -> None:
    """Skip, where what the deployment is made of is missing."""
    for program in ("haproxy", "supervisord", "uv"):
        if shutil.which(program) is None:
            missing(f"{program} is not installed")


def shut_down(repository: Path, conf: str, home: Path, env: Mapping[str, str]) -> None:
    """End a deployment's supervisord and all that it keeps, and wait until it is gone."""
    subprocess.run(
        ["supervisorctl", "-c", conf, "shutdown"],
        cwd=repository,
        env={**env, "DEPLOYMENT": str(home)},
        check=False,
        capture_output=True,
    )
    for _ in range(1800):
        if not (home / "run/supervisor.sock").exists():
            return
        time.sleep(0.05)
    pytest.fail(f"the supervisord of {home} does not end")


@contextlib.contextmanager
def depot(folder: Path, shared: Path) -> Iterator[Depot]:
    """Make the repository, deploy 1.0 into the slot blue, and end everything after the block."""
    needed()
    made = repository(folder, shared)
    try:
        made.told("up")
        begin(made)
        yield made
    finally:
        shut_down(made.repository, "deployment/local/supervisord.conf", made.home, made.env)


def begin(made: Depot, *more: str) -> None:
    """Fill the database, and deploy 1.0 into the slot blue."""
    python = made.told("environment", *made.of("1.0"))["environment"]
    subprocess.run(
        [f"{python}/bin/python", "-m", "depot", "seed", made.place or str(made.database)],
        env={**made.env, "DEPLOYMENT": str(made.home)},
        check=True,
    )
    made.told("adopt", *made.of("1.0"), *more, "--slot", "blue")


def repository(folder: Path, shared: Path) -> Depot:
    """Make the repository, with one commit."""
    wheels = shared / "depot-wheels"
    program = (_HERE / "program.txt").read_text(encoding="utf-8")
    wheels.mkdir(parents=True, exist_ok=True)
    for version in VERSIONS:
        wheel(wheels, "depot", version, program)
    repository = folder / "repository"
    for name in ("deployment/local", "deployment/proxy", "checks/rollout"):
        shutil.copytree(ROOT / name, repository / name)
    shutil.copy(ROOT / "checks/rollout.yaml", repository / "checks")
    (repository / "deployment/local/serve").write_text(_SERVE)
    (repository / "deployment/local.toml").write_text(deployed("local"))
    (repository / "config").mkdir()
    shutil.copy(_HERE / "playbook.yaml", repository / "config/depot_release.yaml")
    (repository / "requirements.in").write_text("depot==1.0\n", encoding="utf-8")
    (repository / "requirements.txt").write_text(lock_of(wheels, "1.0"), encoding="utf-8")
    (repository / ".gitignore").write_text("analysis_outputs/\nhome/\nlock-*\n__pycache__/\n")
    ports = {name: f"127.0.0.1:{free_port()}" for name in ("PUBLIC", "BLUE", "GREEN")}
    env = environment(
        {
            **ports,
            "UV_FIND_LINKS": str(wheels),
            "UV_OFFLINE": "1",
            "UV_CACHE_DIR": str(shared / "uv"),
            "XDG_CACHE_HOME": str(shared / "cache"),
        }
    )
    made = Depot(repository, env)
    made.git("init", "--quiet", "--initial-branch=main")
    made.git("add", "--all")
    made.git("commit", "--quiet", "--message", "begin")
    return made
