"""Real MLflow servers: of the release under test, and of the one before it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.containers import FORMER, free_port

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "checks" / "mlflow"
BEFORE = FORMER
"""The release from which the upgrade starts; `.ci/mlflow` has its lock."""
_PATIENCE = 600.0
"""Seconds for a server to come up, on a machine that is busy."""


def python(version: str = "") -> Path:
    """Give the interpreter beside a release: the one under test where none is named."""
    folder = ROOT / (f".venv-mlflow-{version}" if version else ".venv-mlflow")
    if not (folder / "bin" / "mlflow").exists():
        pytest.fail(f"{folder} is not there: run the tests by `make pytest`")
    return folder / "bin" / "python"


PATIENT = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_HTTP_REQUEST_TIMEOUT": "600"}
"""MLflow tells nobody of its use, and waits for the server of a busy machine."""


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give an environment for MLflow's programs."""
    return {**os.environ, **PATIENT, **(extra or {})}


@contextlib.contextmanager
def server(
    interpreter: Path, store: str, artifacts: Path, extra: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Start a server, wait until it is healthy, give its URL, and end it with all its workers."""
    port = free_port()
    place = ("--host", "127.0.0.1", "--port", str(port), "--workers", "1")
    where = ("--backend-store-uri", store, "--artifacts-destination", str(artifacts))
    log = artifacts.with_name(f"{artifacts.name}-{port}.log")
    with log.open("wb") as stream:
        started = subprocess.Popen(
            [interpreter, "-m", "mlflow", "server", *place, *where],
            cwd=artifacts.parent,
            env=environment(extra),
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            process_group=0,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url, lambda: started.poll() is None, log)
        yield url
    finally:
        # Its workers outlive it where it is ended alone.
        os.killpg(started.pid, 9)
        started.wait()


def wait_for(url: str, alive: Callable[[], bool] = lambda: True, log: Path | None = None) -> None:
    """Wait until a server is healthy; it fails where it dies, or never is."""
    end = time.monotonic() + _PATIENCE
    while alive() and time.monotonic() < end:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/health", timeout=5).close()  # noqa: S310 - its own
            return
        time.sleep(0.2)
    said = log.read_text(errors="replace")[-2000:] if log else ""
    pytest.fail(f"no server came up at {url}: {said}")


def program(
    name: str, *words: str, interpreter: Path, url: str = "", limit: float = 1_800
) -> tuple[int, dict[str, Any], list[str]]:
    """Run one of the programs of checks/mlflow; give exit code, JSON and stderr."""
    done = subprocess.run(
        [interpreter, PROGRAMS / name, *words],
        env=environment({"MLFLOW_TRACKING_URI": url} if url else None),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=limit,
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr.splitlines()


def call(url: str, path: str, **words: object) -> Any:  # noqa: ANN401 - JSON
    """Call the API of a server by POST."""
    request = urllib.request.Request(  # noqa: S310 - the tests' own server
        f"{url}/api/2.0/mlflow/{path}",
        data=json.dumps(words).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
        return json.loads(answer.read())
