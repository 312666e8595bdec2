"""Use a tracking server as a downstream client does: write a run, read it and those of others.

    python checks/mlflow/consumer.py

The server is that of MLFLOW_TRACKING_URI. A run with a parameter, a metric and an artifact is
written and read back by a fresh client, then the runs that clients of other versions have left in
the same experiment. Standard output is one JSON object. Exit codes: 0 all of it holds; 1 something
was read otherwise than it was written; 2 the server could not be asked.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
import uuid

from locked import AuditError
from tracking import Record, Tracker, new_client, stored_sha256

EXPERIMENT = "upgrade-runner-consumers"
#: How many runs of others are read.
MOST = 5


def main() -> int:
    """Write and read; return the exit code."""
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    try:
        told, problems = use(uri)
    except AuditError as error:
        print(f"error: {error}; {error.hint}", file=sys.stderr)
        return 2
    except Exception as error:  # noqa: BLE001 - mlflow's client raises many kinds
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    for problem in problems:
        print(problem, file=sys.stderr)
    print(json.dumps({**told, "verified": not problems}))
    return 1 if problems else 0


def use(uri: str) -> tuple[dict[str, object], list[str]]:
    """Write a run and read; give what was done, and what was not as it should be."""
    from mlflow.version import VERSION

    tracker = Tracker(uri, EXPERIMENT)
    artifact = json.dumps({"client": VERSION, "nonce": uuid.uuid4().hex}).encode()
    digest = hashlib.sha256(artifact).hexdigest()
    record = Record({"client": VERSION, "sha256": digest}, {"answer": 42.0}, artifact)
    run = tracker.log(record)
    problems = tracker.differences(run, record)
    client = new_client(uri)
    others = client.search_runs([tracker.experiment_id], max_results=MOST)
    for other in others:
        identifier, params = other.info.run_id, other.data.params
        if stored_sha256(client, identifier) != params.get("sha256"):
            problems.append(f"run {identifier} of client {params.get('client')}: another artifact")
        if other.data.metrics != {"answer": 42.0}:
            problems.append(f"run {identifier}: metrics {other.data.metrics}")
    clients = sorted({str(one.data.params.get("client")) for one in others})
    return {"client": VERSION, "run": run, "read": len(others), "of clients": clients}, problems


if __name__ == "__main__":
    sys.exit(main())
