"""Every stage of the shipped playbook that is about what users have is about the same data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from runner.kinds import load_kinds
from runner.kinds.database.kind import DatabaseAction
from runner.model import Playbook
from runner.playbook import load

ROOT = Path(__file__).resolve().parents[2]
USERS = "sqlite:////srv/mlflow/mlflow.db", "postgresql://mlflow@127.0.0.1:5433/mlflow"


def read(profile: str) -> Playbook:
    return load(
        ROOT / "config/mlflow_release.yaml",
        kinds=load_kinds(),
        profile=profile,
        overrides=("vars.home=/srv/mlflow",),
        environment={"PGPASSWORD": "x"},
    )


@pytest.mark.parametrize(("profile", "database"), [("", USERS[0]), ("docker", USERS[1])])
def test_one_variable_leads_to_what_is_saved_rolled_out_and_taken_back(
    profile: str, database: str
) -> None:
    book = read(profile)
    assert book.variables["database_url"] == database
    assert book.variables["artifacts"] == "/srv/mlflow/mlartifacts"
    for stage in (book.preflight, "rollout", "rollback"):
        steps = [step for check in book.stages[stage] for step in check.steps]
        told = [step.action for step in steps if isinstance(step.action, DatabaseAction)]
        assert {one.target.url for one in told} == {database}, stage
        assert not any(check.services for check in book.stages[stage])
        words = " ".join(line for step in steps for line in step.action.describe())
        assert set(re.findall(r"\b(?:sqlite|postgresql)://[^\s,']+", words)) == {database}, stage
        assert "VAR_HOME/mlartifacts" not in words
    rehearsal = read(book.rehearsed_as).rehearsal
    assert rehearsal is not None
    assert (rehearsal.database, rehearsal.artifacts) == ("database_url", "artifacts")
    assert read(book.rehearsed_as).variables["database_url"] == database


@pytest.mark.parametrize("profile", ["", "docker"])
def test_the_matrix_is_beside_the_deployment(profile: str) -> None:
    book = read(profile)
    assert book.variables["public"].rpartition(":")[2] != book.variables["port"]
    taken = {book.variables["public"], "127.0.0.1:5051", "127.0.0.1:5052"}
    assert f"127.0.0.1:{book.variables['port']}" not in taken
    if profile:
        assert book.variables["database_port"] not in USERS[1]
