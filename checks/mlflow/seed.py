"""Fill a tracking server or a store with something to lose.

    python checks/mlflow/seed.py --tracking-uri http://127.0.0.1:5050

20 experiments, 500 runs (every fifth is nested, the last one is deleted), a small artifact in
every fifth, 50,000 points of metrics, parameters and tags, 40 traces of 2 spans, 5 logged models,
and 5 registered models of 2 versions and an alias each. A store (``sqlite:///…``,
``postgresql://…``) is filled directly, without artifacts, for it does not say where they belong;
its URL is better given by MLFLOW_TRACKING_URI, which no process list shows. Standard output is one
JSON object with the counts, by the kinds of `snapshot.py`. Exit codes: 0 filled; 2 it was not.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from locked import AuditError
from tracking import new_client, probe

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENTS, RUNS, POINTS, MODELS, TRACES = 20, 500, 50_000, 5, 40

#: Versions of each registered model.
VERSIONS = 2

#: Runs that are logged together, of which one is nested in another.
NEST = 5

#: Points of one call: the server's own limit is 1,000.
BATCH = 1000

#: The first point's time, in milliseconds: the same in each filling.
EPOCH = 1_700_000_000_000

#: Calls under way at once.
WORKERS = 4


@dataclass(frozen=True)
class Size:
    """How much is logged."""

    runs: int
    """In all experiments."""
    points: int
    """In all runs."""


def main() -> int:
    """Fill; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tracking-uri", default=os.environ.get("MLFLOW_TRACKING_URI", ""))
    parser.add_argument("--runs", type=int, default=RUNS, help="a multiple of 5")
    parser.add_argument("--points", type=int, default=POINTS, help="a multiple of the runs")
    options = parser.parse_args()
    if options.runs < NEST or options.runs % NEST or options.points % options.runs:
        parser.error(f"runs come in {NEST}s, and points the same for each run")
    size = Size(options.runs, options.points)
    if not options.tracking_uri:
        parser.error("give --tracking-uri or MLFLOW_TRACKING_URI")
    try:
        if served(options.tracking_uri):
            probe(options.tracking_uri)
        counts = fill(new_client(options.tracking_uri), options.tracking_uri, size)
    except AuditError as error:
        print(f"error: {error}; {error.hint}", file=sys.stderr)
        return 2
    except Exception as error:  # noqa: BLE001 - mlflow's client raises many kinds
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    print(json.dumps(counts))
    return 0


def served(uri: str) -> bool:
    """Tell a server from a store."""
    return uri.startswith(("http://", "https://"))


def fill(client: MlflowClient, uri: str, size: Size) -> dict[str, int]:
    """Log everything, and tell how much it is."""
    os.environ["MLFLOW_ENABLE_ASYNC_TRACE_LOGGING"] = "false"  # a trace is there when it has ended
    import mlflow

    mlflow.set_tracking_uri(uri)  # traces go where this says, whatever the client is of
    artifacts = served(uri)
    experiments = [client.create_experiment(f"seeded {number}") for number in range(EXPERIMENTS)]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(WORKERS) as pool:

        def nest(first: int) -> str:
            experiment = experiments[first * EXPERIMENTS // size.runs]
            return log_nest(client, experiment, first, size, Path(folder) if artifacts else None)

        parents = list(pool.map(nest, range(0, size.runs, NEST)))
        list(pool.map(lambda n: trace(client, experiments[n % EXPERIMENTS], n), range(TRACES)))
        for number in range(MODELS):
            parent = parents[number % len(parents)]
            register(client, experiments[number], parent, number, artifacts=artifacts)
    return {
        "experiment": EXPERIMENTS,
        "run": size.runs,
        "metric": size.points,
        "artifact": size.runs // NEST + MODELS if artifacts else 0,
        "trace": TRACES,
        "logged model": MODELS,
        "model": MODELS,
        "model version": MODELS * VERSIONS,
    }


def log_nest(
    client: MlflowClient, experiment: str, first: int, size: Size, folder: Path | None
) -> str:
    """Log five runs, of which the second is nested in the first; return the first one's id."""
    parent = log(client, experiment, first, size, {})
    if folder is not None:
        note(client, parent, first, folder)
    client.set_terminated(parent, end_time=EPOCH + first + 1)
    log(client, experiment, first + 1, size, {"mlflow.parentRunId": parent})
    for number in range(first + 2, first + NEST):
        last = log(client, experiment, number, size, {})
    if first + NEST == size.runs:
        client.delete_run(last)
    return parent


def log(
    client: MlflowClient, experiment: str, number: int, size: Size, tags: dict[str, str]
) -> str:
    """Log a run with its parameters, tags and points; return its id."""
    from mlflow.entities import Metric, Param, RunTag

    name = f"run {number}"
    run: str = client.create_run(experiment, EPOCH + number, tags, name).info.run_id
    each = size.points // size.runs
    points = [Metric("loss", 1 / (s + 1 + number), EPOCH + s, s) for s in range(each)]
    points[-1] = Metric("loss", math.nan, EPOCH + each, each - 1)
    params = [Param("rate", str(number / size.runs)), Param("depth", str(number % 7))]
    marks = [RunTag("seeded", "yes"), RunTag("label", f"ü {number}")]
    for at in range(0, each, BATCH):
        client.log_batch(run, points[at : at + BATCH], params, marks)
    return run


def note(client: MlflowClient, run: str, number: int, folder: Path) -> None:
    """Log an artifact."""
    path = folder / str(number) / "note.txt"
    path.parent.mkdir()
    path.write_text(f"what run {number} has found\n" * 20, encoding="utf-8")
    client.log_artifact(run, str(path), "notes")


def trace(client: MlflowClient, experiment: str, number: int) -> None:
    """Log a trace of two spans."""
    root = client.start_trace(
        f"trace {number}", inputs={"question": f"ü {number}"}, experiment_id=experiment
    )
    span = client.start_span("step", root.trace_id, root.span_id, inputs={"number": number})
    client.end_span(root.trace_id, span.span_id, outputs={"half": number / 2})
    client.end_trace(root.trace_id, outputs={"answer": number})


def register(
    client: MlflowClient, experiment: str, run: str, number: int, *, artifacts: bool
) -> None:
    """Log a model of a run, and register two versions of it under one name."""
    model = client.create_logged_model(
        experiment, f"logged-{number}", run, tags={"seeded": "yes"}, params={"depth": str(number)}
    )
    if artifacts:
        with tempfile.TemporaryDirectory() as folder:
            Path(folder, "MLmodel").write_text(f"model: {number}\n", encoding="utf-8")
            client.log_model_artifacts(model.model_id, folder)
    client.finalize_logged_model(model.model_id, "READY")
    name = f"model-{number}"
    client.create_registered_model(name, {"seeded": "yes"}, f"of the seed's run {number}")
    for _ in range(VERSIONS):
        version = client.create_model_version(
            name, model.model_uri, run, await_creation_for=0, model_id=model.model_id
        ).version
    client.set_registered_model_alias(name, "champion", version)


if __name__ == "__main__":
    sys.exit(main())
