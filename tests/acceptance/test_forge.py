"""``runner comment`` and ``runner issue``, against a server that speaks GitHub's API."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.command import runner
from support.github import StepLog
from support.github_api import Fault, GitHubApi, github_api
from unit.cli.test_triaged import FULL, candidate, document

from runner.release.triage_record import encode

BOOK = """\
release: {package: mlflow, version: 3.6.0}
stages: {verification: [{area: Green, run: [echo, hi]}, {area: Red, run: [sh, -c, exit 4]}]}
"""


@pytest.fixture
def api() -> Iterator[GitHubApi]:
    with github_api() as made:
        yield made


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/mlflow_release.yaml").write_text(BOOK)
    return tmp_path


def job(api: GitHubApi, **more: str) -> dict[str, str]:
    return api.environment(GITHUB_REF="refs/pull/7/merge", **more)


def test_the_comment_follows_the_runs(repo: Path, api: GitHubApi) -> None:
    runner("validate", cwd=repo)
    done = runner("comment", cwd=repo, env=job(api))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("comment made: https://github.example/octo/forge/pull/7#")
    (one,) = api.comments.values()
    assert "1 failed" in one["body"]
    runner("validate", "--only", "green", cwd=repo)
    done = runner("comment", cwd=repo, env=job(api))
    assert done.stdout.startswith("comment up to date: ")
    (one,) = api.comments.values()
    assert "1 failed" not in one["body"]


def test_a_fork_s_read_only_token_is_told_and_the_verdict_unharmed(
    repo: Path, api: GitHubApi
) -> None:
    assert runner("validate", cwd=repo).returncode == 1
    before = (repo / "analysis_outputs/live/verification/run.json").read_bytes()
    api.faults.append(Fault("POST", 403))
    done = runner("comment", cwd=repo, env=job(api, GITHUB_ACTIONS="true"))
    assert done.returncode == 3
    assert "a fork gets no more than a token that reads" in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr
    assert len(StepLog().read(done.stderr).annotations()) == 1
    assert api.token not in done.stdout + done.stderr
    assert (repo / "analysis_outputs/live/verification/run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"GITHUB_REF": "refs/heads/main"}, "no job of a pull request"),
        ({"GITHUB_TOKEN": ""}, "holds nothing"),
        ({"GITHUB_REPOSITORY": ""}, "no repository is named"),
    ],
)
def test_a_comment_without_a_place_is_wrong_usage(
    repo: Path, api: GitHubApi, env: dict[str, str], message: str
) -> None:
    runner("validate", cwd=repo)
    done = runner("comment", cwd=repo, env={**job(api), "GH_TOKEN": "", **env})
    assert done.returncode == 2
    assert message in done.stderr
    assert "hint:" in done.stderr


def test_a_comment_on_a_stage_that_did_not_run(repo: Path, api: GitHubApi) -> None:
    done = runner("comment", "--pull-request", "7", cwd=repo, env=api.environment())
    assert done.returncode == 3
    assert "cannot read" in done.stderr
    assert not api.server.seen


def test_the_issue_follows_the_triage(repo: Path, api: GitHubApi) -> None:
    triage = repo / "triage.json"
    triage.write_bytes(encode(document(candidate("1.1"), FULL)))
    done = runner("issue", "triage.json", cwd=repo, env=api.environment())
    assert done.stdout == "issue made: https://github.example/octo/forge/issues/1\n", done.stderr
    assert api.issues[1]["title"] == "Upgrade demo 1.0 to 1.2"
    assert "$ runner bump --version 1.2" in api.issues[1]["body"]
    assert runner("issue", "triage.json", cwd=repo, env=api.environment()).stdout.startswith(
        "issue up to date"
    )
    triage.write_bytes(encode(document(candidate("1.1"))))
    done = runner("issue", "triage.json", cwd=repo, env=api.environment())
    assert done.stdout.startswith("issue closed")
    assert api.issues[1]["state"] == "closed"
    done = runner("issue", "triage.json", cwd=repo, env=api.environment())
    assert done.stdout == "no issue: nothing newer is to be taken\n"
    assert len(api.issues) == 1


@pytest.mark.parametrize(
    ("name", "message"), [("no.json", "cannot read"), ("bad.json", "no triage")]
)
def test_an_issue_of_no_triage(repo: Path, api: GitHubApi, name: str, message: str) -> None:
    (repo / "bad.json").write_text("{}")
    done = runner("issue", name, cwd=repo, env=api.environment())
    assert done.returncode == 2
    assert message in done.stderr
