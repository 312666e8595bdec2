"""Shards on the command line: each computes the same partition, and takes its share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command import runner

BOOK = """
release: {package: mlflow, version: 3.6.0}
services:
  db: {run: [sleep, '1000'], ready: {command: ['true']}}
stages:
  verification:
    - {area: One, run: ['true'], services: [db]}
    - {area: Two, run: ['true']}
    - {area: Three, run: ['true'], needs: [two]}
    - {area: Four, run: [sh, -c, 'exit 3']}
    - {area: Five, run: ['true'], services: [db]}
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/mlflow_release.yaml").write_text(BOOK)
    return tmp_path


def record(repo: Path, output: str) -> dict[str, Any]:
    run: dict[str, Any] = json.loads((repo / output / "live/verification/run.json").read_text())
    return run


def test_the_matrix_of_github_names_the_shards_that_run(repo: Path) -> None:
    done = runner("matrix", "--shards", "8", cwd=repo)
    assert done.returncode == 0
    assert "3 groups of checks that stay together: 3 shards, not 8" in done.stderr
    jobs = json.loads(done.stdout)["include"]
    assert [job["shard"] for job in jobs] == ["1/3", "2/3", "3/3"]
    assert sum(job["checks"] for job in jobs) == 5
    for number, job in enumerate(jobs):
        run = runner("validate", "--shard", job["shard"], "-o", f"out{number}", cwd=repo)
        assert run.returncode in {0, 1}, run.stderr
        assert f"(shard {job['shard']}: {job['checks']} of 5 checks)" in run.stdout
    records = [record(repo, f"out{number}") for number in range(3)]
    checks = [result["check"] for one in records for result in one["results"]]
    assert sorted(checks) == ["five", "four", "one", "three", "two"]
    assert len({one["shard"]["partition"] for one in records}) == 1


def test_the_matrix_of_gitlab_repeats_the_options(repo: Path) -> None:
    runner("validate", cwd=repo)
    words = ("--set", "release.version=3.7.0", "--only", "t*", "--only", "One")
    more = ("--durations", "analysis_outputs", "--extends", ".runner")
    done = runner("matrix", "--shards", "2", "--format", "gitlab", *words, *more, cwd=repo)
    assert done.returncode == 0, done.stderr
    document = yaml.safe_load(done.stdout)
    [line] = document["shard 1/2"]["script"]
    assert line == (
        "runner validate --set release.version=3.7.0 --only 't*' --only One "
        "--durations analysis_outputs --shard 1/2 --output shards/1"
    )


def test_auto_takes_what_the_engine_says(repo: Path) -> None:
    env = {"BUILDKITE_PARALLEL_JOB": "1", "BUILDKITE_PARALLEL_JOB_COUNT": "2"}
    done = runner("validate", "--shard", "auto", "-q", cwd=repo, env=env)
    assert "shard 2/2" in done.stdout
    assert record(repo, "analysis_outputs")["shard"]["number"] == 2


def test_auto_on_github_says_what_to_pass(repo: Path) -> None:
    done = runner("validate", "--shard", "auto", cwd=repo, env={"GITHUB_ACTIONS": "true"})
    assert done.returncode == 2
    assert "--shard ${{ matrix.shard }}" in done.stderr
    assert not (repo / "analysis_outputs").exists()


def test_an_empty_shard_is_told_and_not_green(repo: Path) -> None:
    done = runner("validate", "--shard", "4/4", cwd=repo)
    assert done.returncode == 2
    assert "shard 4/4 is empty" in done.stdout
    assert "NOTHING RAN" in done.stdout
    report = (repo / "analysis_outputs/live/verification/junit.xml").read_text()
    assert 'errors="1"' in report
    assert "is empty" in report


def test_a_shard_shows_what_it_would_run(repo: Path) -> None:
    done = runner("validate", "--shard", "3/3", "--dry-run", cwd=repo)
    assert done.returncode == 0
    assert done.stdout.count("command:") == 1
    assert not (repo / "analysis_outputs").exists()


def test_durations_of_another_stage_are_refused(repo: Path) -> None:
    (repo / "run.json").write_text('{"stage": "rollout", "results": []}')
    done = runner("validate", "--shard", "1/2", "--durations", "run.json", cwd=repo)
    assert done.returncode == 2
    assert "run.json holds no run of 'verification'" in done.stderr
    assert "hint: --durations takes" in done.stderr
