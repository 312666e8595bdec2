"""Fill a tracking server or a store with something to lose.

    python checks/mlflow/seed.py --tracking-uri http://127.0.0.1:5050 --artifacts

20 experiments, 500 runs (every fifth is nested), 50,000 points of metrics, parameters, tags,
5 registered models of 2 versions and an alias each and, if asked, a small artifact in each run.
Standard output is one JSON object with the counts. A store (``sqlite:///…``, ``postgresql://…``) is
filled directly; its URL is better given by MLFLOW_TRACKING_URI, which no process list shows.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path

EXPERIMENTS, RUNS, POINTS, MODELS = 20, 500, 50_000, 5

#: Points of one call: the server's own limit is 1,000.
BATCH = 1000

#: The first point's time, in milliseconds: the same in each filling.
EPOCH = 1_700_000_000_000


def main() -> int:
    """Fill; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tracking-uri", default=os.environ.get("MLFLOW_TRACKING_URI", ""))
    parser.add_argument("--artifacts", action="store_true", help="log a file in each run")
    options = parser.parse_args()
    if not options.tracking_uri:
        print("error: give --tracking-uri or MLFLOW_TRACKING_URI", file=sys.stderr)
        return 2
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    fill(options.tracking_uri, artifacts=options.artifacts)
    counts = {"experiments": EXPERIMENTS, "runs": RUNS, "points": POINTS, "models": MODELS}
    print(json.dumps(counts | {"artifacts": RUNS if options.artifacts else 0}))
    return 0


def fill(uri: str, *, artifacts: bool) -> None:
    """Log everything."""
    from mlflow.entities import Metric, Param, RunTag

    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=uri, registry_uri=uri)
    names = [f"seeded {number}" for number in range(EXPERIMENTS)]
    experiments = [client.create_experiment(name) for name in names]
    each, parent = POINTS // RUNS, ""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(RUNS):
            nested = number % 5 == 1
            tags = {"mlflow.parentRunId": parent} if nested else {}
            experiment = experiments[number * EXPERIMENTS // RUNS]
            run = client.create_run(experiment, tags=tags, run_name=f"run {number}").info
            parent = parent if nested else run.run_id
            points = [Metric("loss", 1 / (s + 1 + number), EPOCH + s, s) for s in range(each)]
            params = [Param("rate", str(number / RUNS)), Param("depth", str(number % 7))]
            marks = [RunTag("seeded", "yes"), RunTag("label", f"ü {number}")]
            for at in range(0, each, BATCH):
                client.log_batch(run.run_id, points[at : at + BATCH], params, marks)
            if artifacts:
                path = Path(folder) / "note.txt"
                path.write_text(f"what run {number} has found\n" * 20, encoding="utf-8")
                client.log_artifact(run.run_id, str(path), "notes")
            client.set_terminated(run.run_id)
    for number in range(MODELS):
        name = f"model-{number}"
        client.create_registered_model(name)
        for _ in range(2):
            version = client.create_model_version(name, f"runs:/{parent}/model", parent).version
        client.set_registered_model_alias(name, "champion", version)


if __name__ == "__main__":
    sys.exit(main())
