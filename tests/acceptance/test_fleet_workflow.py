"""The fleet's workflows: each shell step is carried out, over repositories of a server of files."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from acceptance.test_fleet import BOOK, PLAYBOOK, git
from acceptance.test_workflows import ROOT, golden, job, step
from support.github_api import GitHubApi, github_api
from support.workflow import Done, Job

HOME = "central"
"""The repository with the playbook."""


class World:
    """A server with repositories, and jobs that work on them."""

    def __init__(self, folder: Path, temp: Path, api: GitHubApi) -> None:
        self.folder = folder
        self.temp = temp
        self.api = api
        self.number = 0
        self.repository(HOME, {PLAYBOOK: BOOK})

    def repository(self, name: str, files: dict[str, str]) -> Path:
        made = self.folder / "server/example" / name
        for path, text in files.items():
            (made / path).parent.mkdir(parents=True, exist_ok=True)
            (made / path).write_text(text)
        git(made, "init", "-q", "-b", "main")
        git(made, "add", "-A")
        git(made, "commit", "-qm", name)
        return made

    def member(self, name: str, answer: str = "yes", **more: str) -> Path:
        return self.repository(name, {"answer": f"{answer}\n", **more})

    def job(self, inputs: dict[str, str], **contexts: Any) -> Job:  # noqa: ANN401 - as YAML has it
        """Give a job of the workflow, on a machine of its own."""
        self.number += 1
        machine = self.folder / f"machine-{self.number}"
        (machine / "work").mkdir(parents=True)
        made = job(machine / "work", self.temp, self.api, "workflow_dispatch", **inputs)
        made.environment["GITHUB_SERVER_URL"] = f"file://{self.folder / 'server'}"
        made.home = ROOT
        made.contexts = {"secrets": {}, **contexts}
        made.when_used = self.used(made)
        return made

    def used(self, made: Job) -> Callable[[Done], None]:
        """Do what the actions of others would do: checkout, and the store of artifacts."""

        def use(one: Done) -> None:
            if "persist-credentials" in one.given:
                shutil.rmtree(made.workspace)
                name = one.given.get("repository", f"example/{HOME}")
                git(self.folder, "clone", "-q", f"server/{name}", str(made.workspace))
                git(made.workspace, "checkout", "-q", one.given.get("ref", "main"))
            elif "if-no-files-found" in one.given:
                kept = self.folder / "store" / one.given["name"]
                shutil.copytree(made.workspace / one.given["path"], kept)
            elif "pattern" in one.given and (self.folder / "store").is_dir():
                shutil.copytree(self.folder / "store", made.workspace / one.given["path"])

        return use

    def list(self, repositories: str, token: str = "") -> Job:
        made = self.job({"repositories": repositories}, secrets={"token": token})
        made.run("fleet.yml", "list")
        return made

    def validate(self, entry: dict[str, str]) -> Job:
        """Carry out the called workflow with what the caller passes on."""
        caller = yaml.safe_load((ROOT / ".github/workflows/fleet.yml").read_text())
        passed = set(caller["jobs"]["validate"]["with"])
        inputs = {
            "repository": entry["repository"],
            "commit": entry["commit"],
            "artifact": entry["folder"],
            "playbook": PLAYBOOK,
            "stage": "verification",
            "profile": "",
            "prepare": "",
        }
        assert passed == set(inputs)
        made = self.job(inputs)
        made.run("validate-repository.yml", "validate")
        return made

    def table(self, fleet: str) -> Job:
        needs = {"list": {"result": "success", "outputs": {"fleet": fleet}}}
        inputs = {"playbook": PLAYBOOK, "stage": "verification", "profile": ""}
        made = self.job(inputs, needs=needs)
        made.run("fleet.yml", "table")
        return made


@pytest.fixture
def world(tmp_path: Path, temp: Path) -> Any:  # noqa: ANN401 - a generator of a World
    with github_api() as api:
        yield World(tmp_path, temp, api)


def told(made: Job) -> str:
    return "\n".join(one.log for one in made.done)


def test_a_fleet_from_the_list_to_the_table(world: World) -> None:
    world.member("green")
    world.member("red", "no")
    world.member("drifted", **{PLAYBOOK: BOOK.replace("3.6.0", "3.5.0")})
    listed = world.list("example/green example/red@main\nexample/drifted example/gone")
    assert not listed.failed, told(listed)
    outputs = step(listed, "Look up the commit of each").outputs
    golden("fleet-list", listed)
    matrix = json.loads(outputs["matrix"])
    assert [one["repository"] for one in matrix] == [
        "example/green", "example/red", "example/drifted",
    ]  # fmt: skip
    jobs = {one["repository"]: world.validate(one) for one in matrix}
    assert {name: one.failed for name, one in jobs.items()} == {
        "example/green": False, "example/red": True, "example/drifted": True,
    }, "\n".join(map(told, jobs.values()))  # fmt: skip
    golden("fleet-green", jobs["example/green"])
    golden("fleet-drifted", jobs["example/drifted"])
    assert not world.api.server.seen, "no comment, and nothing else asked of GitHub"

    table = world.table(outputs["fleet"])

    assert table.failed
    golden("fleet-table", table)
    assert json.loads(step(table, "One table").outputs["failed"]) == [
        "example/red", "example/drifted", "example/gone",
    ]  # fmt: skip


def test_a_fleet_that_is_green(world: World) -> None:
    world.member("green")
    listed = world.list("example/green")
    outputs = step(listed, "Look up the commit of each").outputs
    made = world.validate(json.loads(outputs["matrix"])[0])
    assert not made.failed, told(made)
    table = world.table(outputs["fleet"])
    assert not table.failed, told(table)
    assert step(table, "One table").outputs == {"verdict": "passed", "failed": "[]"}


def test_where_no_job_has_left_anything_nothing_is_green(world: World) -> None:
    world.member("green")
    outputs = step(world.list("example/green"), "Look up the commit of each").outputs
    table = world.table(outputs["fleet"])
    assert table.failed
    assert step(table, "One table").outputs["verdict"] == "errored"


def test_a_ref_is_a_branch_a_tag_or_a_commit(world: World) -> None:
    made = world.member("tagged")
    first = git(made, "rev-parse", "HEAD")
    git(made, "tag", "-a", "v1", "-m", "first")
    git(made, "commit", "-q", "--allow-empty", "-m", "second")
    git(made, "branch", "deep/v1")
    second = git(made, "rev-parse", "HEAD")
    for word, commit in {
        "example/tagged": second,
        "example/tagged@main": second,
        "example/tagged@v1": first,
        "example/tagged@deep/v1": second,
        f"example/tagged@{first}": first,
        "example/tagged@none": "",
    }.items():
        outputs = step(world.list(word), "Look up the commit of each").outputs
        (entry,) = json.loads(outputs["fleet"])
        assert entry["commit"] == commit, word


@pytest.mark.parametrize(
    "word", ["x", "a/b/c", "a/*", "a/..@$(id)", "a/b@-x", "-a/b", 'a/b","x":"', "a/b@x;id"]
)
def test_a_word_that_is_no_repository_is_refused(world: World, word: str) -> None:
    listed = world.job({"repositories": f"example/green {word}"}, secrets={"token": ""})
    (listed.workspace / "a").mkdir()
    (listed.workspace / "a/b").write_text("")  # what a pattern would find
    listed.run("fleet.yml", "list")
    assert listed.failed
    (one,) = listed.done
    assert one.annotations[-1:] == [
        "error title=Fleet: word 2 of the repositories is not OWNER/NAME or OWNER/NAME@REF"
    ]
    assert not one.outputs


def test_the_token_is_no_argument_and_in_no_log(world: World) -> None:
    world.member("green")
    log = world.folder / "argv"
    (world.folder / "bin").mkdir()
    fake = world.folder / "bin/git"
    fake.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" >>{log}\nexec {shutil.which("git")} "$@"\n')
    fake.chmod(0o755)
    made = world.job({"repositories": "example/green"}, secrets={"token": "s3cret-token"})
    made.environment["PATH"] = f"{fake.parent}:{made.environment['PATH']}"
    made.run("fleet.yml", "list")
    assert not made.failed, told(made)
    assert "credential.helper=" in log.read_text()
    assert "s3cret-token" not in log.read_text() + told(made)
    assert "s3cret-token" not in json.dumps([one.outputs for one in made.done])


def test_a_caller_can_pass_what_a_person_can() -> None:
    on = yaml.safe_load((ROOT / ".github/workflows/fleet.yml").read_text())[True]
    by_hand, called = on["workflow_dispatch"]["inputs"], on["workflow_call"]["inputs"]
    assert set(by_hand) == set(called)
    for name in set(by_hand) - {"playbook"}:
        assert by_hand[name].get("default") == called[name].get("default"), name
