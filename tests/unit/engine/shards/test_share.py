"""The partition, and the plan of one shard."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import jsonschema
import msgspec
import pytest
from msgspec.structs import replace
from support.house import PLACE, House, check, playbook

from runner.engine.dossier import Dossier
from runner.engine.plan import Plan, make_plan
from runner.engine.run import Options, execute
from runner.engine.shards import Which, cut, take_share
from runner.engine.shards.partition import decode, encode, fingerprint, schema
from runner.errors import UsageError
from runner.model import Check, Outcome, Ready, Run, Service, Shard

CHECKS = (
    check("a", "true", services=("db",)),
    check("b", "true"),
    check("c", "true", needs=("b",)),
    check("d", "true"),
    check("e", "true", services=("db",)),
)
DB = Service("db", PLACE, run=("sleep", "1000"), ready=Ready(command=("true",)))


def plan(repository: Path, *checks: Check) -> Plan:
    return make_plan(playbook(repository, *(checks or CHECKS), db=DB), "verification")


def shard(house: House, number: int, count: int, out: str = "out", *, resume: bool = False) -> Run:
    """Run one shard of the checks."""
    dossier = Dossier(house.repository / out)
    share = take_share(plan(house.repository), Which(number, count), dossier, None, resume=resume)
    return execute(share, dossier, Options(resume=resume), environment=house.environment)


def test_shards_cover_the_plan_and_keep_what_belongs_together(tmp_path: Path) -> None:
    dossier = Dossier(tmp_path / "out")
    shares = [
        take_share(plan(tmp_path), Which(number, 3), dossier, None, resume=False)
        for number in (1, 2, 3)
    ]
    ids = [tuple(one.id for one in share.checks) for share in shares]
    assert sorted(ids) == [("a", "e"), ("b", "c"), ("d",)]
    assert {share.share.partition for share in shares if share.share} == {
        encode(cut("verification", CHECKS, ["db"], 3, {}))
    }
    assert all(share.total == 5 for share in shares)
    assert sum(len(share.services) for share in shares) == 1


def test_recorded_durations_balance_and_unknown_checks_get_the_median() -> None:
    durations = {"a": 10.0, "b": 1.0, "d": 4.0}
    partition = cut("verification", [check(name) for name in "abcde"], [], 2, durations)
    assert partition.known == 3
    assert partition.seconds == (11.0, 12.0)  # a and b; c and e count with the 4 s of d
    assert partition.share(1) == ("a", "b")


def test_the_partition_is_the_same_whoever_cuts_it() -> None:
    durations = {"a": 1.0000001, "b": 3.0}
    one = encode(cut("verification", CHECKS, ["db"], 3, durations))
    other = encode(cut("verification", CHECKS, ["db"], 3, dict(reversed(durations.items()))))
    assert one == other
    changed = [replace(one, fingerprint="new") for one in CHECKS]
    assert encode(cut("verification", changed, ["db"], 3, durations)) != one


def test_a_partition_is_read_back_and_fits_its_schema() -> None:
    content = encode(cut("verification", CHECKS, ["db"], 2, {}))
    assert encode(decode(content)) == content
    jsonschema.Draft202012Validator(schema()).validate(msgspec.json.decode(content))
    for old, new in ((b'"seconds":[3.0,2.0]', b'"seconds":[]'), (b'"a",', b"")):
        assert old in content
        with pytest.raises(ValueError, match="each check"):
            decode(content.replace(old, new))


def test_a_run_records_its_shard(house: House) -> None:
    run = shard(house, 1, 3)
    assert run.verdict is Outcome.PASSED
    content = (house.live / "verification/partition.json").read_bytes()
    assert run.shard == Shard(1, 3, fingerprint(content))
    assert house.dossier.read_run("verification").shard == run.shard
    assert (run.selected, run.total) == (len(run.results), 5)
    assert decode(content).share(1) == tuple(result.check for result in run.results)


def test_an_empty_shard_says_so_and_is_not_green(house: House) -> None:
    runs = [shard(house, number, 4, f"out{number}") for number in (1, 2, 3, 4)]
    assert Counter(run.verdict for run in runs) == {Outcome.PASSED: 3, Outcome.SKIPPED: 1}
    empty = next(run for run in runs if run.verdict is Outcome.SKIPPED)
    assert empty.exit_code == 2
    assert empty.results == ()
    assert "is empty: the stage falls into 3 groups" in empty.warnings[0]


def test_a_shard_is_resumed_with_the_partition_that_it_had(house: House) -> None:
    """What was recorded meanwhile would make another partition, which fits no other shard."""
    first = shard(house, 2, 3)
    again = shard(house, 2, 3, resume=True)
    assert again.shard == first.shard
    assert [result.resumed for result in again.results] == [True] * len(first.results)


def test_another_shard_is_not_resumed(house: House) -> None:
    shard(house, 1, 3)
    with pytest.raises(UsageError, match="was shard 1/3, not 2/3"):
        shard(house, 2, 3, resume=True)
    with pytest.raises(UsageError, match="shards of other checks"):
        shard(house, 1, 2, resume=True)
    (house.live / "verification/partition.json").write_bytes(b"{")
    with pytest.raises(UsageError, match=r"partition\.json cannot be read"):
        shard(house, 1, 3, resume=True)


def test_the_whole_goes_on_where_a_shard_has_been(house: House) -> None:
    part = shard(house, 1, 3)
    whole = execute(
        plan(house.repository),
        house.dossier,
        Options(resume=True),
        environment=house.environment,
    )
    assert whole.shard is None
    assert [one.check for one in whole.results if one.resumed] == [r.check for r in part.results]
    assert whole.verdict is Outcome.PASSED
    assert len(whole.results) == 5
