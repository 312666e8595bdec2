"""What is attested of a stage: an in-toto Statement v1 with the predicate test-result v0.1.

https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md and
https://github.com/in-toto/attestation/blob/main/spec/predicates/test-result.md
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from runner.evidence.manifest import NAME, Manifest, encode
from runner.model import Outcome, Result, Run

TYPE: Final = "https://in-toto.io/Statement/v1"
"""Of every statement."""
PREDICATE: Final = "https://in-toto.io/attestation/test-result/v0.1"
"""Of what a stage has shown."""
PAYLOAD: Final = "application/vnd.in-toto+json"
"""The type of a statement in an envelope."""
_LOCK = "locks/after.txt"
_RESULTS = {Outcome.PASSED: "PASSED"}


def statement_of(manifest: Manifest, run: Run) -> bytes:
    """Give the one statement that can be made of a stage in a bundle."""
    statement = {
        "_type": TYPE,
        "subject": list(_subjects(manifest, run)),
        "predicateType": PREDICATE,
        "predicate": _predicate(run),
    }
    return msgspec.json.encode(statement)


def _subjects(manifest: Manifest, run: Run) -> Iterator[dict[str, Any]]:
    """Name the bundle by its manifest, the commit, and the lock."""
    digest = hashlib.sha256(encode(manifest)).hexdigest()
    yield {"name": f"{manifest.folder}/{NAME}", "digest": {"sha256": digest}}
    if run.subject.commit:
        yield {"name": "commit", "digest": {"gitCommit": run.subject.commit}}
    for one in manifest.files:
        if one.path == _LOCK:
            yield {"name": one.path, "digest": {"sha256": one.sha256}}


def _predicate(run: Run) -> dict[str, Any]:
    playbook = {"name": run.subject.playbook, "digest": {"sha256": run.subject.playbook_sha256}}
    bad = {Outcome.FAILED, Outcome.ERRORED}
    failed = [one for one in run.results if one.outcome in bad and one.counts]
    passed = [one for one in run.results if one.outcome is Outcome.PASSED]
    others = [one for one in run.results if one not in failed and one not in passed]
    result = _RESULTS.get(run.verdict, "FAILED")
    return {
        "result": "WARNED" if result == "PASSED" and others else result,
        "configuration": [playbook],
        "passedTests": _names(run, passed),
        "warnedTests": _names(run, others),
        "failedTests": _names(run, failed),
    }


def _names(run: Run, results: list[Result]) -> list[str]:
    return [f"{run.stage}/{one.check}" for one in results]
