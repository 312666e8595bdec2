"""Jobs as CI engines read them."""

from __future__ import annotations

import json

import yaml

from runner.reporters.matrices import Job, Pipeline, github, gitlab

JOBS = (Job("1/2", 3, 61.5), Job("2/2", 1, 60.0))
COMMAND = ("runner", "validate", "--set", "vars.x=a b")


def test_github_gets_one_line() -> None:
    text = github(JOBS)
    assert "\n" not in text
    assert json.loads(text) == {
        "include": [
            {"shard": "1/2", "checks": 3, "seconds": 61.5},
            {"shard": "2/2", "checks": 1, "seconds": 60.0},
        ]
    }


def test_gitlab_gets_a_job_for_each_shard_and_one_that_joins_them() -> None:
    document = yaml.safe_load(gitlab(JOBS, Pipeline("verification", COMMAND)))
    assert list(document) == ["stages", "shard 1/2", "shard 2/2", "merge"]
    assert document["shard 2/2"] == {
        "stage": "shards",
        "script": ["runner validate --set 'vars.x=a b' --shard 2/2 --output shards/2"],
        "artifacts": {"when": "always", "paths": ["shards/2"]},
    }
    merge = document["merge"]
    assert merge["script"] == ["runner merge --stage verification shards/1 shards/2"]
    assert merge["when"] == "always"  # a red shard is no reason not to say so
    assert merge["artifacts"]["reports"] == {
        "junit": "analysis_outputs/live/verification/junit.xml",
        "codequality": "analysis_outputs/live/verification/code-quality.json",
    }


def test_the_jobs_of_gitlab_extend_one_of_the_users() -> None:
    document = yaml.safe_load(gitlab(JOBS, Pipeline("verification", COMMAND, ".runner")))
    assert {one["extends"] for name, one in document.items() if name != "stages"} == {".runner"}
