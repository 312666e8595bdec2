"""What a stage has shown, as in-toto's predicate test-result v0.1.

https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

from typing import Any, Final

from runner.model import Outcome, Result, Run

PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
"""Names the predicate."""


def tested(run: Run) -> dict[str, Any]:
    """Give the predicate of a run; whatever did not simply pass or fail is a warning.

    So is a green run of a part of the stage: a shard, or checks that were picked.
    """
    playbook = {"name": run.subject.playbook, "digest": {"sha256": run.subject.playbook_sha256}}
    bad = {Outcome.FAILED, Outcome.ERRORED}
    failed = [one for one in run.results if one.outcome in bad and one.counts]
    passed = [one for one in run.results if one.outcome is Outcome.PASSED]
    others = [one for one in run.results if one not in failed and one not in passed]
    result = "PASSED" if run.verdict is Outcome.PASSED else "FAILED"
    partial = run.shard is not None or run.selected < run.total
    return {
        "result": "WARNED" if result == "PASSED" and (others or partial) else result,
        "configuration": [playbook],
        "passedTests": _names(run, passed),
        "warnedTests": _names(run, others),
        "failedTests": _names(run, failed),
    }


def _names(run: Run, results: list[Result]) -> list[str]:
    return [f"{run.stage}/{one.check}" for one in results]
