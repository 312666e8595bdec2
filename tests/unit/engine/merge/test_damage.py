"""Each kind of damage to a shard's dossier: told with the shard, and never green."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from unit.engine.merge.conftest import Shards

from runner.engine.journal import chained
from runner.model import Outcome

RUN = "verification/run.json"
PARTITION = "verification/partition.json"
CONTEXT = "verification/context.json"
JOURNAL = "journal.jsonl"

Damage = Callable[[Path], None]


def gone(name: str) -> Damage:
    return lambda live: (live / name).unlink()


def holds(name: str, content: bytes) -> Damage:
    def damage(live: Path) -> None:
        (live / name).write_bytes(content)

    return damage


def cut(name: str, share: float) -> Damage:
    def damage(live: Path) -> None:
        content = (live / name).read_bytes()
        (live / name).write_bytes(content[: int(len(content) * share)])

    return damage


def is_folder(name: str) -> Damage:
    def damage(live: Path) -> None:
        (live / name).unlink()
        (live / name).mkdir()

    return damage


def is_pipe(name: str) -> Damage:
    def damage(live: Path) -> None:
        (live / name).unlink()
        os.mkfifo(live / name)

    return damage


def is_link(name: str) -> Damage:
    """Put the same content elsewhere, so that only the link is strange."""

    def damage(live: Path) -> None:
        aside = live.parent.parent / "aside"
        (live / name).rename(aside)
        (live / name).symlink_to(aside)

    return damage


def folder_is_link(name: str) -> Damage:
    def damage(live: Path) -> None:
        aside = live.parent.parent / "aside"
        (live / name).rename(aside)
        (live / name).symlink_to(aside)

    return damage


def run(change: Callable[[dict[str, Any]], object]) -> Damage:
    def damage(live: Path) -> None:
        told = json.loads((live / RUN).read_text())
        change(told)
        (live / RUN).write_text(json.dumps(told, indent=1))

    return damage


def partition(change: Callable[[dict[str, Any]], object]) -> Damage:
    """Change a partition, and the hash of it that the run has."""

    def damage(live: Path) -> None:
        told = json.loads((live / PARTITION).read_text())
        change(told)
        content = json.dumps(told).encode()
        (live / PARTITION).write_bytes(content)
        run(lambda one: one["shard"].update(partition=hashlib.sha256(content).hexdigest()))(live)

    return damage


def lines(change: Callable[[list[bytes]], object]) -> Damage:
    def damage(live: Path) -> None:
        found = (live / JOURNAL).read_bytes().splitlines(keepends=True)
        change(found)
        (live / JOURNAL).write_bytes(b"".join(found))

    return damage


def retold(change: Callable[[list[dict[str, Any]]], object]) -> Damage:
    """Change what a journal tells, and make its chain anew: it is whole, and tells otherwise."""

    def damage(live: Path) -> None:
        entries = [json.loads(line) for line in (live / JOURNAL).read_bytes().splitlines()]
        change(entries)
        prev, written = "0" * 64, b""
        for number, entry in enumerate(entries, 1):
            line = json.dumps({**entry, "seq": number, "prev": prev}).encode()
            prev = hashlib.sha256(line).hexdigest()
            written += line + b"\n"
        (live / JOURNAL).write_bytes(written)

    return damage


def log(live: Path) -> Path:
    return next(iter(sorted((live / "verification/logs").iterdir())))


def in_log(damage: Callable[[str], Damage]) -> Damage:
    return lambda live: damage(log(live).relative_to(live).as_posix())(live)


def turned(entries: list[dict[str, Any]]) -> None:
    ended = next(one for one in entries if one["event"] == "check_ended")
    ended["data"]["outcome"] = "errored"


def silent(entries: list[dict[str, Any]]) -> None:
    entries[:] = [one for one in entries if one["event"] != "check_ended"]


NO_RECORD = f"{RUN} is no record of a run"
UNREAD = {
    "the run left no record": (gone(RUN), f"there is no {RUN} in it; the run died"),
    "record empty": (holds(RUN, b""), NO_RECORD),
    "record cut": (cut(RUN, 0.7), NO_RECORD),
    "record no UTF-8": (holds(RUN, b'{"id": "\xff"}'), NO_RECORD),
    "record of something else": (holds(RUN, b'{"id": "x"}'), NO_RECORD),
    "record a folder": (is_folder(RUN), f"{RUN} is no file"),
    "record a pipe": (is_pipe(RUN), f"{RUN} is no file"),
    "record a link": (is_link(RUN), f"{RUN} is a link"),
    "stage's folder a link": (folder_is_link("verification"), "verification is outside of it"),
    "record of another stage": (run(lambda one: one.update(stage="x")), f"{RUN} is of 'x'"),
    "record that is no shard's": (run(lambda one: one.update(shard=None)), "is no shard, but a"),
    "a result's inside strange": (
        run(lambda one: one["results"][0]["attempts"][0].update(steps=5)),
        "is damaged: Expected `array`, got `int`",
    ),
    "a duration no number": (run(lambda one: one["results"][0].update(duration="1")), "is damaged"),
    "outcome unknown": (run(lambda one: one["results"][0].update(outcome="fine")), "is damaged"),
    "no time of day": (run(lambda one: one.update(started="noon")), "is damaged: Invalid iso"),
    "a result less": (run(lambda one: one["results"].pop()), "not those of shard 2/2"),
    "a result twice": (
        run(lambda one: one["results"].append(one["results"][0])),
        "not those of shard 2/2",
    ),
    "results exchanged": (run(lambda one: one["results"].reverse()), "not those of shard 2/2"),
    "number too great": (
        run(lambda one: one["shard"].update(number=3)),
        "says to be shard 3/2, and its partition.json has 2",
    ),
    "number zero": (run(lambda one: one["shard"].update(number=0)), "says to be shard 0/2"),
    "partition gone": (gone(PARTITION), f"there is no {PARTITION}"),
    "partition changed": (
        lambda live: (live / PARTITION).write_bytes((live / PARTITION).read_bytes() + b" "),
        "partition.json is not the one that its run was made by",
    ),
    "partition a link": (is_link(PARTITION), f"{PARTITION} is a link"),
    "partition without a shard": (
        partition(lambda one: one["shards"].pop()),
        "is damaged: it does",
    ),
    "partition with a shard too many": (
        partition(lambda one: one["shards"].__setitem__(0, 9)),
        "is damaged: it does not give each check to one of its shards",
    ),
    "partition of another format": (partition(lambda one: one.update(format="x")), "is damaged"),
    "upgrade.json gone": (gone("upgrade.json"), "there is no upgrade.json"),
    "upgrade.json damaged": (cut("upgrade.json", 0.5), "is damaged"),
    "upgrade.json a link": (is_link("upgrade.json"), "upgrade.json is a link"),
    "context gone": (gone(CONTEXT), f"there is no {CONTEXT}"),
    "context a link": (is_link(CONTEXT), f"{CONTEXT} is a link"),
}
"""What keeps a dossier from being known as a shard's: that one is then missing as well."""

BROKEN = "the chain of hashes is broken here"
NO_END = "its journal does not tell of the end of run"
UNUSED = {
    "journal gone": (gone(JOURNAL), f"there is no {JOURNAL}"),
    "journal empty": (holds(JOURNAL, b""), NO_END),
    "journal a link": (is_link(JOURNAL), f"{JOURNAL} is a link"),
    "journal a pipe": (is_pipe(JOURNAL), f"{JOURNAL} is no file"),
    "journal without its last line": (lines(lambda them: them.pop()), NO_END),
    "journal torn in its last line": (lines(lambda them: them.append(them.pop()[:-9])), NO_END),
    "journal without its first line": (lines(lambda them: them.pop(0)), f":1: {BROKEN}"),
    "journal without a line": (lines(lambda them: them.pop(3)), f":4: {BROKEN}"),
    "journal with a line twice": (lines(lambda them: them.insert(3, them[3])), f":5: {BROKEN}"),
    "journal with lines exchanged": (
        lines(lambda them: them.__setitem__(slice(2, 4), them[3:1:-1])),
        f":3: {BROKEN}",
    ),
    "journal with a changed line": (
        lines(lambda them: them.__setitem__(2, them[2].replace(b'"passed"', b'"failed"'))),
        f":4: {BROKEN}",
    ),
    "journal with a damaged line": (
        lines(lambda them: them.__setitem__(2, b"{" + them[2])),
        ":3: damaged line",
    ),
    "journal with an empty line": (lines(lambda them: them.insert(2, b"\n")), ":3: damaged line"),
    "journal with bytes that are no UTF-8": (
        lines(lambda them: them.__setitem__(2, them[2].replace(b'"run"', b'"r\xff"'))),
        ":3: damaged line",
    ),
    "journal of another run": (
        retold(lambda them: [one.update(run="another") for one in them]),
        NO_END,
    ),
    "journal that says otherwise": (retold(turned), "its journal says otherwise of"),
    "journal that tells of no outcome": (
        retold(silent),
        "its journal says otherwise of",
    ),
    "journal whose event is no such": (
        retold(lambda them: [one.update(data=7) for one in them if one["event"] == "check_ended"]),
        "Expected `object`, got `int`",
    ),
    "log gone": (in_log(gone), "cannot read verification/logs/"),
    "log changed": (in_log(lambda name: holds(name, b"other")), "is not what was recorded"),
    "log cut": (in_log(lambda name: cut(name, 0.5)), "is not what was recorded"),
    "log a link": (in_log(is_link), ".1.log is a link"),
    "log a folder": (in_log(is_folder), ".1.log is no file"),
    "log a pipe": (in_log(is_pipe), ".1.log is no file"),
    "folder of logs a link": (folder_is_link("verification/logs"), "logs is outside of it"),
    "folder of logs gone": (
        lambda live: shutil.rmtree(live / "verification/logs"),
        "cannot read verification/logs/",
    ),
    "record that names a file elsewhere": (
        run(lambda one: one["results"][0]["attempts"][0]["log"].update(path="../s1/live/x")),
        "its record names '../s1/live/x', which no shard may bring",
    ),
}
"""What keeps a known shard's results from being used."""


@pytest.mark.parametrize(("damage", "reason"), UNREAD.values(), ids=list(UNREAD))
def test_what_is_no_shard_is_told_and_the_shard_is_missing(
    shards: Shards, damage: Damage, reason: str
) -> None:
    damage(shards.two)
    record = shards.merge()
    strange, missing = record.problems
    assert strange.startswith(f"{shards.two}: ")
    assert reason in strange
    assert missing.startswith("shard 2/2 is missing, with ")
    assert [one.state for one in record.shards] == ["joined", "missing"]
    never_green(shards)


@pytest.mark.parametrize(("damage", "reason"), UNUSED.values(), ids=list(UNUSED))
def test_a_damaged_shard_is_told_and_none_of_it_is_used(
    shards: Shards, damage: Damage, reason: str
) -> None:
    damage(shards.two)
    record = shards.merge()
    [problem] = record.problems
    assert problem.startswith(f"shard 2/2 cannot be used: {shards.two}: ")
    assert reason in problem
    assert [one.state for one in record.shards] == ["joined", "damaged"]
    assert record.shards[1].folders == (str(shards.two),)
    never_green(shards)


def never_green(shards: Shards) -> None:
    """Hold the joined dossier against what is left: the first shard alone."""
    run = shards.joined.read_run("verification")
    assert run.verdict is Outcome.ERRORED
    assert run.exit_code == 3
    assert [one.check for one in run.results] == ["a", "b", "c", "d"]
    mine = {one["check"] for one in json.loads((shards.one / RUN).read_text())["results"]}
    for result in run.results:
        assert (result.outcome is Outcome.ERRORED) is (result.check not in mine)
    logs = {path.name for path in (shards.joined.live / "verification/logs").iterdir()}
    assert logs == {f"{check}.1.log" for check in mine}
    chained(shards.joined.journal)  # is whole


def test_where_every_shard_is_damaged_nothing_is_joined(shards: Shards) -> None:
    for live in (shards.one, shards.two):
        (live / RUN).unlink()
    record = shards.merge()
    assert record.verdict is Outcome.ERRORED
    assert len(record.problems) == 2
    assert not shards.joined.live.exists()


def test_what_a_torn_end_of_the_journal_adds_is_passed_over(shards: Shards) -> None:
    """As a later run in that folder does, whose start was torn by a crash."""
    with (shards.two / JOURNAL).open("ab") as stream:
        stream.write(b'{"seq":99,"ti')
    record = shards.merge()
    assert record.problems == ()
    assert record.verdict is Outcome.FAILED  # of the check that says no
