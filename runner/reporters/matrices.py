"""The jobs of a stage that is spread over machines, as CI engines read them."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import yaml


@dataclass(frozen=True)
class Job:
    """One shard, and what it has before it."""

    shard: str
    """As ``--shard`` takes it: ``2/5``."""
    checks: int
    """How many checks it runs."""
    seconds: float
    """What it is expected to take."""

    @property
    def number(self) -> str:
        """The shard's number alone."""
        return self.shard.partition("/")[0]


@dataclass(frozen=True)
class Pipeline:
    """What the jobs of a child pipeline run."""

    stage: str
    """Name of the playbook's stage."""
    command: tuple[str, ...]
    """The command line that runs it, without ``--shard`` and ``--output``."""
    extends: str = ""
    """A hidden job of the user's that all jobs extend, or empty."""


def github(jobs: Sequence[Job]) -> str:
    """Give the value of ``strategy.matrix``, on one line as a job's output must be.

    https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax, `include`.
    """
    return msgspec.json.encode({"include": jobs}).decode()


def gitlab(jobs: Sequence[Job], pipeline: Pipeline) -> str:
    """Give a child pipeline: a job for each shard, and one that joins them.

    Stages and not `needs` order them, for a job may need no more than 50 others
    (https://docs.gitlab.com/ci/yaml/, `needs`).
    """
    common = {"extends": pipeline.extends} if pipeline.extends else {}
    document: dict[str, object] = {"stages": ["shards", "merge"]}
    for job in jobs:
        home = f"shards/{job.number}"
        line = [*pipeline.command, "--shard", job.shard, "--output", home]
        document[f"shard {job.shard}"] = {
            **common,
            "stage": "shards",
            "script": [shlex.join(line)],
            "artifacts": {"when": "always", "paths": [home]},
        }
    homes = [f"shards/{job.number}" for job in jobs]
    folder = f"analysis_outputs/live/{pipeline.stage}"
    document["merge"] = {
        **common,
        "stage": "merge",
        "when": "always",
        "script": [shlex.join(["runner", "merge", "--stage", pipeline.stage, *homes])],
        "artifacts": {
            "when": "always",
            "paths": ["analysis_outputs"],
            "reports": {
                "junit": f"{folder}/junit.xml",
                "codequality": f"{folder}/code-quality.json",
            },
        },
    }
    return yaml.safe_dump(document, sort_keys=False, width=1000)
