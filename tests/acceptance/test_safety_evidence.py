"""An upgrade of MLflow's pin over this repository's advisories, from the baseline to the gate."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from support.command import runner
from support.shared import shared

SNAPSHOT = Path(__file__).resolve().parents[2] / "config" / "advisories"
BOOK = """\
release: {package: mlflow, version: 3.6.0}
pins: [{file: requirements.txt, requirement: mlflow}]
advisories:
  subject: {lock: requirements.txt}
  sources: [{osv: advisories}]
  policy: {packages: [mlflow], new: true}
stages:
  preflight:
    - {area: Baseline, uses: advisories, with: {scan: before}}
  verification:
    - {area: Scan, uses: advisories, with: {scan: after}}
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    config = tmp_path / "config"
    config.mkdir()
    (config / "mlflow_release.yaml").write_text(BOOK)
    (tmp_path / "advisories").symlink_to(SNAPSHOT)
    pin(tmp_path, "3.6.0")
    return tmp_path


def pin(repo: Path, version: str) -> None:
    (repo / "requirements.txt").write_text(f"packaging==25.0\nmlflow=={version}\n")


def affecting(version: str) -> set[str]:
    """Count with a program that shares no line with the runner."""
    program = shared("advisories") / "affected.py"
    done = subprocess.run(
        [sys.executable, program, "mlflow", version], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split()[3:])


def document(repo: Path, name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads((repo / "analysis_outputs/live" / name).read_text())


def forbidden(repo: Path) -> set[str]:
    (result,) = document(repo, "verification/run.json")["results"]
    cases = result["attempts"][-1]["steps"][0]["report"]["cases"]
    return {one["name"] for one in cases if one["outcome"] == "failed"}


def test_the_pin_is_red_by_its_28_advisories(repo: Path) -> None:
    done = runner("run", "preflight", cwd=repo)
    assert done.returncode == 0, done.stdout + done.stderr

    done = runner("validate", cwd=repo)

    assert done.returncode == 1
    assert "28 forbidden findings in mlflow 3.6.0" in done.stdout
    assert forbidden(repo) == affecting("3.6.0")
    assert document(repo, "safety-diff.json")["totals"]["remaining"] == 28


def test_an_upgrade_leaves_one_and_says_why_the_others_are_gone(repo: Path) -> None:
    runner("run", "preflight", cwd=repo)
    pin(repo, "3.17.2")

    done = runner("validate", "--set", "release.version=3.17.2", cwd=repo)

    assert done.returncode == 1
    assert "1 forbidden finding in mlflow 3.17.2: CVE-2026-96775" in done.stdout
    assert forbidden(repo) == affecting("3.17.2") == {"CVE-2026-96775"}
    gone = document(repo, "safety-diff.json")["gone"]
    reasons = {one["vulnerability"]["id"]: one["reason"] for one in gone}
    assert set(reasons) == affecting("3.6.0") - affecting("3.17.2")
    assert reasons["CVE-2026-0545"] == "out of range"
    assert reasons["CVE-2025-15379"] == "fixed"
    assert all(one["detail"] for one in gone)
    assert "mlflow==3.6.0" in (repo / "analysis_outputs/live/locks/before.txt").read_text()
    (change,) = document(repo, "locks/diff.json")["changed"]
    assert (change["before"], change["after"], change["by"]) == ("3.6.0", "3.17.2", "minor")


def test_what_merely_stops_is_never_called_fixed(repo: Path) -> None:
    pin(repo, "2.14.1")
    runner("run", "preflight", "--set", "release.version=2.14.1", cwd=repo)
    pin(repo, "3.17.2")
    runner("validate", "--set", "release.version=3.17.2", cwd=repo)
    gone = document(repo, "safety-diff.json")["gone"]
    reasons = {one["vulnerability"]["id"]: one["reason"] for one in gone}
    unfixed = {f"CVE-2024-370{number}" for number in range(52, 61)} & set(reasons)
    assert "CVE-2024-37052" in unfixed
    assert {reasons[name] for name in unfixed} == {"out of range"}


def test_sarif_has_what_the_gate_said(repo: Path) -> None:
    (repo / "waivers.yaml").write_text(
        "waivers:\n"
        "  - {id: CVE-2026-96775, package: mlflow, versions: '>=3.6,<4', reason: not served,\n"
        "     owner: ML Lead, expires: 2199-12-31}\n"
    )
    runner("run", "preflight", cwd=repo)
    runner("validate", "--set", "advisories.waivers=waivers.yaml", cwd=repo)
    (run,) = document(repo, "verification/findings.sarif")["runs"]
    levels = {one["ruleId"]: one["level"] for one in run["results"] if "mlflow" in str(one)}
    assert {name for name, level in levels.items() if level == "error"} == forbidden(repo)
    assert levels["CVE-2026-96775"] == "note"
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (
        "requirements.txt",
        2,
    )
    affected = document(repo, "sbom-after.cdx.json")["vulnerabilities"]
    assert {one["id"] for one in affected} >= affecting("3.6.0")


def test_a_pull_request_is_compared_with_its_base(repo: Path) -> None:
    git(repo, "init", "-q", "-b", "main")
    git(repo, "add", "-A")
    git(repo, "commit", "-q", "-m", "first")
    pin(repo, "3.17.2")
    done = runner("validate", "--set", "release.version=3.17.2", "--base", "main", cwd=repo)
    assert "1 forbidden finding" in done.stdout
    assert document(repo, "safety-before.json")["version"] == "3.6.0"
    assert len(document(repo, "safety-diff.json")["gone"]) == 27


def git(repo: Path, *words: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e")
    subprocess.run(["git", "-C", repo, *identity, *words], check=True, capture_output=True)


def test_the_documents_are_what_their_schemas_say(repo: Path) -> None:
    runner("run", "preflight", cwd=repo)
    runner("validate", cwd=repo)
    names = {
        "safety": ("safety-before.json", "safety-after.json"),
        "safety-diff": ("safety-diff.json",),
        "lock-diff": ("locks/diff.json",),
        "run": ("verification/run.json",),
    }
    for what, files in names.items():
        printed = runner("schema", what, cwd=repo)
        schema = json.loads(printed.stdout)
        Draft202012Validator.check_schema(schema)
        for name in files:
            Draft202012Validator(schema).validate(document(repo, name))


def test_a_killed_scan_leaves_no_baseline(repo: Path) -> None:
    live = repo / "analysis_outputs/live"
    live.mkdir(parents=True)
    (live / "safety-before.json").write_text("{}")
    done = runner("validate", cwd=repo, env={"HOME": os.fspath(repo)})
    assert done.returncode == 3
    assert "no baseline" in done.stdout
