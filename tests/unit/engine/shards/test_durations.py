"""How long checks took, read from every kind of record."""

from __future__ import annotations

import msgspec
import pytest
from support.house import House, check

from runner.engine.shards import recorded_durations
from runner.engine.shards.durations import durations_at_hand
from runner.errors import UsageError
from runner.evidence.sealing import seal


@pytest.fixture
def evidence(house: House) -> House:
    """Leave the dossier of a run in which one check was skipped."""
    house.run(
        check("slow", "sleep", "0.2"), check("bad", "false"), check("left", "true", needs=("bad",))
    )
    return house


def test_a_folder_a_run_a_journal_and_a_bundle_say_the_same(evidence: House) -> None:
    live = evidence.live
    bundle, _ = seal(live, evidence.repository)
    found = recorded_durations(live.parent, "verification")
    assert set(found) == {"slow", "bad"}  # what was skipped took no time that could be used
    assert found["slow"] >= 0.2
    for path in (live, live / "verification/run.json", live / "journal.jsonl", bundle):
        assert recorded_durations(path, "verification") == found


def test_the_last_run_of_a_journal_counts(evidence: House) -> None:
    evidence.run(check("slow", "true"))
    took = recorded_durations(evidence.live / "journal.jsonl", "verification")["slow"]
    run = evidence.dossier.read_run("verification")
    assert took == run.results[0].duration


@pytest.mark.parametrize("name", ["out", "out/live", "out/live/journal.jsonl"])
def test_no_run_of_the_stage(evidence: House, name: str) -> None:
    with pytest.raises(UsageError, match="holds no run of 'rollout'") as caught:
        recorded_durations(evidence.repository / name, "rollout")
    assert "--durations takes" in caught.value.hint


def test_what_is_no_record(evidence: House) -> None:
    for name, content in (("a.json", b"[]"), ("b.tar.gz", b"x"), ("c.jsonl", b"x\n")):
        path = evidence.repository / name
        path.write_bytes(content)
        with pytest.raises(UsageError, match=name):
            recorded_durations(path, "verification")
    with pytest.raises(UsageError, match=r"gone\.jsonl"):
        recorded_durations(evidence.repository / "gone.jsonl", "verification")
    with pytest.raises(UsageError, match="another"):
        recorded_durations(evidence.live / "verification/run.json", "another")


def test_a_bundle_without_the_stage(evidence: House) -> None:
    bundle, _ = seal(evidence.live, evidence.repository)
    with pytest.raises(UsageError, match="holds no run of 'rollout'"):
        recorded_durations(bundle, "rollout")


def test_the_dossier_at_hand_is_used_unless_it_is_that_of_a_shard(
    evidence: House,
) -> None:
    live = evidence.live
    assert set(durations_at_hand(live, "verification")) == {"slow", "bad"}
    assert durations_at_hand(live, "rollout") == {}
    path = live / "verification/run.json"
    run = msgspec.json.decode(path.read_bytes())
    run["shard"] = {"number": 1, "count": 2, "partition": "0" * 64}
    path.write_bytes(msgspec.json.encode(run))
    assert durations_at_hand(live, "verification") == {}
    assert set(recorded_durations(live, "verification")) == {"slow", "bad"}
    path.write_bytes(b"{")
    assert durations_at_hand(live, "verification") == {}
