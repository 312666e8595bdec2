"""The sample audit of the matrix, as a program: green, red, and not able to run."""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mlflow import MlflowClient

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "checks" / "mlflow"
#: A lock that holds in every environment of these tests: what runs them.
HASH = "--hash=sha256:" + "0" * 64
LOCK = f"pytest=={pytest.__version__} \\\n    {HASH}\n    # via nothing\n"


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    """Write a small lock."""
    path = tmp_path / "lock.txt"
    path.write_text(LOCK)
    return path


@pytest.fixture
def experiment(client: MlflowClient, experiment_id: str) -> str:
    """Return the name of the test's experiment."""
    name: str = client.get_experiment(experiment_id).name
    return name


def test_audit_is_recorded(
    client: MlflowClient, experiment_id: str, experiment: str, tracking_uri: str, lock: Path
) -> None:
    """The run, the file and the last line tell the same."""
    output = lock.with_name("audit.json")

    done = audit(
        "--requirements", str(lock), "--require-installed", "--output", str(output),
        "--log-mlflow", "--experiment", experiment, "--tracking-uri", tracking_uri,
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (0, "")
    last = json.loads(done.stdout)
    digest = hashlib.sha256(output.read_bytes()).hexdigest()
    assert last.pop("run_id")
    assert last == {
        "experiment": experiment,
        "dependencies": 1,
        "artifact_sha256": digest,
        "verified": True,
    }
    [run] = client.search_runs([experiment_id])
    assert run.data.metrics == json.loads(output.read_bytes())["metrics"]
    assert run.data.params["lock_sha256"] == hashlib.sha256(lock.read_bytes()).hexdigest()


def test_document_is_deterministic(lock: Path) -> None:
    """Two audits of one lock in one environment are the same bytes."""
    documents = []
    for name in ("first.json", "second.json"):
        output = lock.with_name(name)
        assert audit("--requirements", str(lock), "--output", str(output)).returncode == 0
        documents.append(output.read_bytes())
    assert documents[0] == documents[1]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"pytest>=1 {HASH}\n", "pytest: expected one exact version (==), the lock pins none"),
        (f"pytest==9.* {HASH}\n", "pytest: expected one exact version (==), the lock pins none"),
        ("pytest==1.0\n", "pytest: expected at least one hash, the lock has none"),
        (f"pytest==1.0 {HASH}\n", "pytest: expected 1.0 installed, actual: "),
        (f"no-such-thing==1.0 {HASH}\n", "no-such-thing: expected 1.0 installed, actual: nothing"),
    ],
)
def test_problem_is_told(lock: Path, content: str, problem: str) -> None:
    """A lock that does not hold is a failure that says what was expected."""
    lock.write_text(content)

    done = audit("--requirements", str(lock), "--require-installed")

    assert done.returncode == 1
    assert f"problem: {problem}" in done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["verified"] is False


@pytest.mark.parametrize(
    ("package", "actual"), [("pytest", pytest.__version__), ("mlflow", "absent")]
)
def test_lock_must_be_of_the_release(lock: Path, package: str, actual: str) -> None:
    """The lock of another release is a failure."""
    done = audit("--requirements", str(lock), RELEASE_PACKAGE=package, RELEASE_VERSION="0.0.1")

    assert done.returncode == 1
    assert f"{package}: expected 0.0.1 (the release) in the lock, actual: {actual}" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--requirements", "no-such-file.txt"], "cannot read the lock no-such-file.txt"),
        (["--requirements", os.devnull], "holds no dependency"),
        (["--log-mlflow", "--tracking-uri", "http://127.0.0.1:9"], "no tracking server answers"),
        (["--log-mlflow", "--tracking-uri", ""], "not the URL of a tracking server: ''"),
    ],
)
def test_cannot_run(arguments: list[str], message: str) -> None:
    """What could not be audited or recorded is told apart from what is wrong, with a hint."""
    done = audit(*arguments)

    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "\nhint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_tampering_is_seen(
    client: MlflowClient,
    experiment: str,
    tracking_uri: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A record that changes between writing and reading is told, each difference by itself."""
    monkeypatch.syspath_prepend(str(FOLDER))
    tracking = importlib.import_module("tracking")
    record = tracking.Record({"lock": "a"}, {"dependencies": 1.0}, b"{}\n")
    tracker = tracking.Tracker(tracking_uri, experiment)
    run_id = tracker.log(record)
    assert tracker.differences(run_id, record) == []

    client.log_param(run_id, "extra", "b")
    client.log_metric(run_id, "dependencies", 2.0, step=1)
    client.log_text(run_id, "{ }\n", tracking.ARTIFACT)

    told = tracker.differences(run_id, record)
    assert [line.split(" of run ")[0] for line in told] == [
        "params",
        "metrics",
        "SHA-256 of audit.json",
    ]
    assert "expected {'dependencies': 1.0}, actual: {'dependencies': 2.0}" in told[1]


def audit(*arguments: str, **release: str) -> subprocess.CompletedProcess[str]:
    """Run the program from the repository's root, outside of any release but the one given."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RELEASE_")}
    return subprocess.run(
        [sys.executable, str(FOLDER / "run_sample_audit.py"), *arguments],
        cwd=ROOT,
        env=kept | release,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
