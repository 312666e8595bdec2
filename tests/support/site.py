"""MLflow as it is deployed by this repository's own playbook, for tests of its stages."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Any

import urllib3

from support.command import environment, killed, runner
from support.containers import free_port
from support.depot import needed, shut_down

ROOT = Path(__file__).resolve().parents[2]
LOCK = "deployment/mlflow/requirements.txt"
_REHEARSED = """    - area: It was rehearsed
      uses: rehearsal
      expect: {max_age: 7d}

"""
_BUILD = "[deployment/containers/compose, -f, deployment/docker-compose.yml, build, mlflow]"
_API = "/api/2.0/mlflow"
_ARTIFACTS = "/api/2.0/mlflow-artifacts/artifacts/0"
"""Of experiment 0, by the server, which passes them on to its store."""


@dataclass(frozen=True)
class Site:
    """A clone of this repository, and the deployment that it rolls out to."""

    clone: Path
    """The clone."""
    env: dict[str, str]
    """With the ports of the deployment."""
    deployment: str = "deployment/local.toml"
    """How it is deployed."""
    options: tuple[str, ...] = ()
    """Of every command that runs a stage."""

    @property
    def home(self) -> Path:
        """The deployment's folder."""
        return self.clone / "analysis_outputs/deployment"

    @property
    def url(self) -> str:
        """Where users call."""
        return f"http://{self.env['PUBLIC']}"

    def step(self, name: str, *words: str) -> dict[str, Any]:
        """Carry out one step of a rollout by itself, and give what it told."""
        program = ("checks/rollout/rollout.py", name, "--deployment", self.deployment)
        done = subprocess.run(
            ["python", *program, *words],
            cwd=self.clone,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def adopt(self, version: str, image: str = "") -> None:
        """Deploy the first release."""
        what = ("--version", version, "--lock", LOCK)
        self.step("environment", *what)
        self.step("adopt", *what, "--image", image, "--slot", "blue")

    def runner(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command, which must come to a good end."""
        options = () if words[0] == "bump" else self.options
        done = runner(*words, *options, cwd=self.clone, env=self.env, limit=1800)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def kill(self, *words: str, check: str) -> None:
        """Run a command, and kill it (``kill -9``) once a check of its stage has begun."""
        stage = "rollback" if "rollback" in words else "rollout"
        sign = self.clone / f"analysis_outputs/live/{stage}/logs/{check}.1.log"
        killed(*words, *self.options, cwd=self.clone, env=self.env, sign=sign)

    def bump(self, version: str) -> None:
        """Bring every pin to a version, and commit that."""
        self.runner("bump", "--version", version, "--allow-downgrade")
        self.commit(version)

    def commit(self, message: str) -> None:
        """Commit everything."""
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        argv = ["git", *who, "commit", "--quiet", "--all", "--message", message]
        subprocess.run(argv, cwd=self.clone, check=True)

    def log(self, stage: str, check: str) -> str:
        """Give the log of the first attempt of a check."""
        path = self.clone / f"analysis_outputs/live/{stage}/logs/{check}.1.log"
        return path.read_text(encoding="utf-8")

    def version(self) -> str:
        """Give the version that users meet."""
        return urllib3.request("GET", f"{self.url}/version", timeout=60).data.decode()


@contextlib.contextmanager
def site(
    variables: Mapping[str, str], deployment: str = "deployment/local.toml", *options: str
) -> Iterator[Site]:
    """Clone this repository as it lies here, at 3.6.0; what supervisord keeps ends with the block.

    It was not rehearsed, watches for a few seconds, and builds no image.
    """
    needed()
    # Not pytest's own folder: the path of a socket has at most 107 bytes (unix(7)).
    with tempfile.TemporaryDirectory(prefix="mlf-") as folder:
        ports = {name: f"127.0.0.1:{free_port()}" for name in ("PUBLIC", "BLUE", "GREEN")}
        clone = Path(folder) / "r"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        made = Site(clone, environment({**ports, **variables}), deployment, options)
        for place in ("checks", "deployment"):
            shutil.copytree(ROOT / place, clone / place, dirs_exist_ok=True)
        described = clone / deployment
        told = re.sub(r"(?m)^healthy = .*$", "healthy = 840", described.read_text(encoding="utf-8"))
        described.write_text(told, encoding="utf-8")  # a machine may be busy
        playbook = clone / "config/mlflow_release.yaml"
        text = (ROOT / "config/mlflow_release.yaml").read_text(encoding="utf-8")
        assert _REHEARSED in text
        assert _BUILD in text
        text = text.replace(_REHEARSED, "").replace("needs: [it-was-rehearsed, ", "needs: [")
        text = text.replace('soak: "600"', 'soak: "5"').replace(_BUILD, '["true"]')
        # Begins the dossier: with which version is what `runner rollback` goes back to.
        text += '  begin:\n    - {area: Begin, run: ["true"]}\n'
        playbook.write_text(text, encoding="utf-8")
        made.commit("as it is tested")
        made.bump("3.6.0")
        made.runner("run", "begin")
        try:
            made.step("up")
            yield made
        finally:
            conf = f"{deployment.removesuffix('.toml')}/supervisord.conf"
            shut_down(clone, conf, made.home, made.env)


class Client:
    """A user, over a connection that stays open; no request is tried twice."""

    def __init__(self, url: str) -> None:
        """Know where to call."""
        self._url = f"{url}{_API}"
        self._artifacts = f"{url}{_ARTIFACTS}"
        self._pool = urllib3.PoolManager(retries=False, timeout=60)

    def call(self, method: str, path: str, content: object = None) -> dict[str, Any]:
        """Ask the API."""
        response = self._pool.request(method, f"{self._url}/{path}", json=content)
        assert response.status == HTTPStatus.OK, (path, response.status, response.data[:300])
        told: dict[str, Any] = json.loads(response.data)
        return told

    def write(self, number: int) -> str:
        """Log a run with a metric and an artifact; give its id."""
        begun = {"experiment_id": "0", "start_time": 1_700_000_000_000}
        run = self.call("POST", "runs/create", begun)["run"]["info"]["run_id"]
        metric = {"run_id": run, "key": "number", "value": number, "timestamp": 1, "step": 0}
        self.call("POST", "runs/log-metric", metric)
        self._artifact("PUT", run, _content(number))
        return str(run)

    def read(self, run: str) -> float:
        """Give the metric of a run, whose artifact must be that of the number to the last byte."""
        (metric,) = self.call("GET", f"runs/get?run_id={run}")["run"]["data"]["metrics"]
        number = float(metric["value"])
        there, wanted = self._artifact("GET", run), _content(int(number))
        assert sha256(there).hexdigest() == sha256(wanted).hexdigest(), there[:80]
        return number

    def register(self) -> None:
        """Register a version of a logged model."""
        model = self.call("POST", "logged-models", {"experiment_id": "0"})["model"]["info"][
            "model_id"
        ]
        self.call("POST", "registered-models/create", {"name": model})
        version = {"name": model, "source": f"models:/{model}", "model_id": model}
        self.call("POST", "model-versions/create", version)

    def _artifact(self, method: str, run: str, content: bytes | None = None) -> bytes:
        """Send or get the artifact of a run."""
        url = f"{self._artifacts}/{run}/artifacts/number.txt"
        response = self._pool.request(method, url, body=content)
        assert response.status == HTTPStatus.OK, (url, response.status, response.data[:300])
        return response.data


def _content(number: int) -> bytes:
    return f"number {number}\n".encode() * 5_000
