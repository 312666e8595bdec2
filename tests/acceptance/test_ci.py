"""The runner in a CI system, as its steps call it: annotations, outputs, and nothing forged."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.command import runner
from support.github import StepLog, outputs_of

HEAD = "release: {package: mlflow, version: 3.6.0}\npins: [{file: req.txt, requirement: mlflow}]\n"
FORGER = r"""
import os
print("::set-output name=verdict::passed")
print("##[set-output name=verdict;]passed")
print("::add-mask::failed")
assert "GITHUB_OUTPUT" not in os.environ, "outputs can be forged"
raise SystemExit(4)
"""
TEST = "def test_it():\n    value = 1\n    assert value == 2, '::error::no'\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "req.txt").write_text("mlflow==3.6.0\n")
    (tmp_path / "forge.py").write_text(FORGER)
    (tmp_path / "tests/test_it.py").write_text(TEST)
    write(
        tmp_path,
        "{area: '::warning::Forger', run: [python, forge.py]}",
        "{area: Tests, uses: pytest, with: {args: [tests, -q]}}",
    )
    return tmp_path


def write(repo: Path, *rows: str) -> None:
    stages = "".join(f"    - {row}\n" for row in rows)
    text = f"{HEAD}stages:\n  verification:\n{stages}"
    (repo / "config/mlflow_release.yaml").write_text(text)


def github(repo: Path) -> Mapping[str, str]:
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(repo),
        "GITHUB_OUTPUT": str(repo / "outputs"),
        "GITHUB_STEP_SUMMARY": str(repo / "step-summary"),
    }


def test_a_run_tells_what_failed_and_where(repo: Path) -> None:
    done = runner("validate", cwd=repo, env=github(repo))
    assert done.returncode == 1
    log = StepLog().read(done.stdout).read(done.stderr)
    assert {name for name, *_ in log.commands} == {"group", "endgroup", "error"}
    assert log.annotations() == [
        (
            "error file=config/mlflow_release.yaml,line=5,col=7,title=%3A%3Awarning%3A%3AForger%3A "
            "failed: exit code 4, expected 0"
        ),
        (
            "error file=config/mlflow_release.yaml,line=6,col=7,title=Tests%3A failed: "
            "1 of 1 test failed: test_it"
        ),
        (
            "error file=tests/test_it.py,line=3,col=1,title=tests.test_it test_it: "
            "AssertionError: ::error::no"
        ),
    ]
    assert outputs_of(repo / "outputs") == {
        "verdict": "failed",
        "failed": '["warning-forger","tests"]',
        "junit": "analysis_outputs/live/verification/junit.xml",
    }


def test_outside_of_ci_there_are_no_commands(repo: Path) -> None:
    done = runner("validate", cwd=repo)
    assert done.returncode == 1
    assert "::group::" not in done.stdout
    assert "::error " not in done.stdout


def test_a_bundle_is_an_output(repo: Path) -> None:
    runner("validate", cwd=repo)
    done = runner("bundle", cwd=repo, env=github(repo))
    assert done.returncode == 0, done.stderr
    assert (repo / outputs_of(repo / "outputs")["bundle"]).is_file()


def test_an_output_that_cannot_be_written_changes_no_exit_code(repo: Path) -> None:
    write(repo, "{area: Green, run: [echo, hi]}")
    env = {**github(repo), "GITHUB_OUTPUT": str(repo / "gone/outputs")}
    for words in (("validate",), ("bundle",)):
        done = runner(*words, cwd=repo, env=env)
        assert done.returncode == 0
        assert "warning: cannot write" in done.stdout + done.stderr


def test_lint_points_at_the_line_of_the_playbook(repo: Path) -> None:
    write(repo, "{area: A, rnu: [x]}")
    for words in (("lint",), ("lint", "--format", "json"), ("validate",)):
        done = runner(*words, cwd=repo, env=github(repo))
        assert done.returncode == 2
        found = StepLog().read(done.stderr).annotations()
        assert any(
            one.startswith("error file=config/mlflow_release.yaml,line=5,col=17") for one in found
        )
        assert "did you mean 'run'?" in "".join(found)
    assert json.loads(runner("lint", "--format", "json", cwd=repo, env=github(repo)).stdout)


def test_status_points_at_the_line_of_the_pin(repo: Path) -> None:
    (repo / "req.txt").write_text("# pins\nmlflow==3.5.0\n")
    done = runner("status", "--check", cwd=repo, env=github(repo))
    assert done.returncode == 1
    assert StepLog().read(done.stderr).annotations() == [
        (
            "error file=req.txt,line=2,col=1,title=pin requirement mlflow: "
            "has '3.5.0', wants '3.6.0'%0Ahint: `runner bump` changes every place together"
        )
    ]
    assert not StepLog().read(runner("status", cwd=repo, env=github(repo)).stderr).commands


def test_an_error_of_the_runner_is_an_annotation(repo: Path) -> None:
    done = runner("run", "verificaton", cwd=repo, env=github(repo))
    assert done.returncode == 2
    (found,) = StepLog().read(done.stderr).annotations()
    assert found.startswith("error title=runner: ")
    assert "did you mean 'verification'?" in found


def test_gitlab_gets_sections_and_its_report(repo: Path) -> None:
    env = {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(repo)}
    done = runner("validate", cwd=repo, env=env)
    assert "section_start:" in done.stdout
    report = repo / "analysis_outputs/live/verification/code-quality.json"
    paths = [one["location"]["path"] for one in json.loads(report.read_text())]
    assert paths == ["config/mlflow_release.yaml"] * 2 + ["tests/test_it.py"]
    written = report.read_bytes()
    report.unlink()
    (repo / "elsewhere").mkdir()
    again = runner("report", "-o", "../analysis_outputs", cwd=repo / "elsewhere")
    assert again.returncode == 0, again.stderr
    assert report.read_bytes() == written
