"""Shards that are whole, and whether they are of one run."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.engine.merge.conftest import Shards

from runner.errors import DossierError
from runner.model import Outcome

RUN = "verification/run.json"
PARTITION = "verification/partition.json"

Change = Callable[[Path], None]


def run(change: Callable[[dict[str, Any]], object], name: str = RUN) -> Change:
    def damage(live: Path) -> None:
        told = json.loads((live / name).read_text())
        change(told)
        (live / name).write_text(json.dumps(told))

    return damage


def subject(**facts: str) -> Change:
    return run(lambda one: one["subject"].update(facts))


def partition(change: Callable[[dict[str, Any]], object], **shard: int) -> Change:
    def damage(live: Path) -> None:
        run(change, PARTITION)(live)
        digest = hashlib.sha256((live / PARTITION).read_bytes()).hexdigest()
        run(lambda one: one["shard"].update(partition=digest, **shard))(live)

    return damage


OTHERS = {
    "packages": subject(package="flask"),
    "releases": subject(version="3.7.0"),
    "commits": subject(commit="c" * 40),
    "playbooks": subject(playbook_sha256="1" * 64),
    "playbooks ": subject(playbook="config/other.yaml"),
    "profiles": subject(profile="docker"),
    "versions that the upgrade began from": run(
        lambda one: one.update({"from": "3.5.0"}), "upgrade.json"
    ),
    "numbers of shards": partition(lambda one: one["seconds"].append(1.0), count=3),
    "definitions of checks": partition(lambda one: one.update(definitions="2" * 64)),
    "partitions": partition(lambda one: one.update(seconds=[7.0, 8.0])),
}


@pytest.mark.parametrize("what", OTHERS)
def test_shards_of_another_run_are_not_joined(shards: Shards, what: str) -> None:
    OTHERS[what](shards.two)
    record = shards.merge()
    assert record.verdict is Outcome.ERRORED
    assert record.exit_code == 3
    [problem] = [one for one in record.problems if f"of different {what.strip()}" in one]
    assert str(shards.one) in problem
    assert str(shards.two) in problem
    assert record.shards == ()
    assert not shards.joined.live.exists()


def test_whole_shards_are_one_run(shards: Shards) -> None:
    record = shards.merge()
    assert record.problems == ()
    assert record.verdict is Outcome.FAILED
    assert record.exit_code == 1
    found = shards.joined.read_run("verification")
    assert [(one.check, one.outcome) for one in found.results] == [
        ("a", Outcome.PASSED),
        ("b", Outcome.PASSED),
        ("c", Outcome.PASSED),
        ("d", Outcome.FAILED),
    ]
    for one in found.results:
        assert one.attempts[0].log is not None
        content = (shards.joined.live / one.attempts[0].log.path).read_bytes()
        assert hashlib.sha256(content).hexdigest() == one.attempts[0].log.sha256


def test_no_shard_is_changed_by_being_joined(shards: Shards) -> None:
    def state() -> dict[str, bytes]:
        found = (path for name in ("s1", "s2") for path in (shards.folder / name).rglob("*"))
        return {str(path): path.read_bytes() for path in found if path.is_file()}

    before = state()
    shards.merge()
    shards.merge()  # the first is set aside, and its files are the shards' still
    assert state() == before
    assert list((shards.joined.live / "earlier").iterdir())


def test_a_missing_shard(shards: Shards) -> None:
    record = shards.merge("s1")
    [problem] = record.problems
    assert problem.startswith("shard 2/2 is missing, with '")
    assert record.shards[1].state == "missing"
    assert record.verdict is Outcome.ERRORED


def test_a_doubled_shard(shards: Shards) -> None:
    shutil.copytree(shards.folder / "s2", shards.folder / "s2-again")
    record = shards.merge("s1", "s2", "s2-again")
    [problem] = record.problems
    assert problem.startswith("shard 2/2 is there 2 times: ")
    assert str(shards.folder / "s2-again" / "live") in problem
    found = shards.joined.read_run("verification")
    mine = {one["check"] for one in json.loads((shards.two / RUN).read_text())["results"]}
    assert {one.check for one in found.results if one.outcome is Outcome.ERRORED} == mine


def test_one_folder_given_twice_is_a_doubled_shard(shards: Shards) -> None:
    [problem] = shards.merge("s1", "s2", "s2").problems
    assert problem.startswith("shard 2/2 is there 2 times: ")


@pytest.mark.parametrize("foreign", ["nowhere", "empty", "strange"])
def test_a_foreign_folder(shards: Shards, foreign: str) -> None:
    if foreign != "nowhere":
        (shards.folder / foreign).mkdir()
    if foreign == "strange":
        (shards.folder / foreign / "live").mkdir()
        (shards.folder / foreign / "live" / "upgrade.json").write_bytes(b"{}")
    record = shards.merge("s1", "s2", foreign)
    [problem] = record.problems
    assert problem.startswith(str(shards.folder / foreign))
    assert [one.state for one in record.shards] == ["joined", "joined"]
    assert record.verdict is Outcome.ERRORED


@pytest.mark.parametrize(("told", "state"), [("killed", "died"), ("SIGTERM", "interrupted")])
def test_a_shard_that_did_not_come_to_its_end(shards: Shards, told: str, state: str) -> None:
    run(lambda one: one.update(interrupted=told))(shards.two)
    record = shards.merge()
    [problem] = record.problems
    assert problem.startswith(
        f"shard 2/2 {'died' if told == 'killed' else 'was stopped by SIGTERM'}"
    )
    assert record.shards[1].state == state
    assert record.verdict is Outcome.ERRORED


def test_no_folder_at_all(shards: Shards) -> None:
    (shards.folder / "nothing").mkdir()
    record = shards.merge("nothing")
    [problem] = record.problems
    assert problem.endswith("is no dossier, and holds none")


def test_a_place_that_cannot_be_written_is_an_error(shards: Shards) -> None:
    (shards.folder / "joined").write_bytes(b"a file")
    with pytest.raises(DossierError, match="cannot write into"):
        shards.merge()
