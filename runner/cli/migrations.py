"""What the playbook's ``triage`` stage tells of a candidate's database migrations."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from runner.model import Playbook
from runner.release.triage import Triage

STAGE = "triage"
"""The stage that is run for every candidate that resolves."""
OUTPUT = "migrations"
"""The output of its steps that tells of migrations."""
CANDIDATE = "UPGRADE_CANDIDATE"
"""The environment variable that names the candidate's version."""


def migrations_of(
    playbook: Playbook, triage: Triage, told: Callable[[str], object]
) -> Mapping[str, str]:
    """Run the stage for each candidate that resolves; one of which nothing is told is left out."""
    if STAGE not in playbook.stages:
        return {}
    from runner.engine.inquiry import inquire

    found = {}
    for one in triage.recommendation.assessments:
        if one.resolution.answer != "yes":
            continue
        version = str(one.version)
        told(f"running the stage '{STAGE}' for {version}")
        answer = inquire(playbook, STAGE, OUTPUT, {**os.environ, CANDIDATE: version})
        trouble = [f"unknown: {answer.trouble}"] if answer.trouble else []
        if text := "; ".join([*answer.values, *trouble]):
            found[version] = text
    return found
