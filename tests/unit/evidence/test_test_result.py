"""What a run is attested as."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from unit.reporters import samples

from runner.evidence import test_result as predicate
from runner.model import Outcome, Run, Shard

GREEN = samples.run(samples.result("a", "A", samples.attempt(Outcome.PASSED)))
SKIPPED = samples.result("b", "B", samples.attempt(Outcome.SKIPPED))


def test_a_whole_green_run_has_passed() -> None:
    assert predicate.tested(GREEN) == {
        "result": "PASSED",
        "configuration": [
            {"name": GREEN.subject.playbook, "digest": {"sha256": GREEN.subject.playbook_sha256}}
        ],
        "passedTests": ["verification/a"],
        "warnedTests": [],
        "failedTests": [],
    }


@pytest.mark.parametrize(
    "part",
    [
        replace(GREEN, shard=Shard(1, 2, "p" * 64), selected=1, total=2),
        replace(GREEN, shard=Shard(1, 1, "p" * 64)),
        replace(GREEN, selected=1, total=2),
        replace(GREEN, results=(*GREEN.results, SKIPPED)),
    ],
    ids=["a shard", "the only shard", "checks that were picked", "a skipped check"],
)
def test_a_part_is_never_attested_as_passed(part: Run) -> None:
    assert predicate.tested(part)["result"] == "WARNED"


@pytest.mark.parametrize("verdict", [Outcome.FAILED, Outcome.ERRORED, Outcome.SKIPPED])
def test_a_part_that_is_not_green_has_failed(verdict: Outcome) -> None:
    assert (
        predicate.tested(replace(GREEN, verdict=verdict, selected=1, total=2))["result"] == "FAILED"
    )
