"""Runs: nesting, history, search, failure, delete and restore."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mlflow
import pytest
from mlflow.entities import Metric, Param, RunTag

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: The most metrics that the server takes in one batch (MLflow REST API, "Log Batch").
BATCH = 1000


@pytest.fixture
def fluent(tracking_uri: str, experiment_id: str) -> str:
    """Point the fluent API, whose state is global, at the test's experiment; return its id."""
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_experiment(experiment_id=experiment_id)
    return experiment_id


def test_server_is_the_release(server_version: str, release_version: str) -> None:
    """The suite's results belong to the release only if its server answers."""
    assert server_version == release_version


def test_nested_runs(client: MlflowClient, fluent: str) -> None:
    """Children name their parent and are found by it."""
    with mlflow.start_run(run_name="parent") as parent:
        children = []
        for depth in (3, 5):
            with mlflow.start_run(run_name=f"depth-{depth}", nested=True) as child:
                mlflow.log_param("depth", depth)
                children.append(child.info.run_id)

    found = client.search_runs(
        [fluent],
        filter_string=f"tags.mlflow.parentRunId = '{parent.info.run_id}'",
        order_by=["params.depth ASC"],
    )

    assert [run.info.run_id for run in found] == children
    assert [run.info.run_name for run in found] == ["depth-3", "depth-5"]
    assert [run.info.status for run in found] == ["FINISHED", "FINISHED"]
    assert "mlflow.parentRunId" not in client.get_run(parent.info.run_id).data.tags


def test_run_of_a_failing_program_is_failed(client: MlflowClient, fluent: str) -> None:
    """An exception inside a run is recorded as its status, with what was logged before."""

    def train() -> None:
        with mlflow.start_run():
            mlflow.log_metric("loss", 9.0)
            message = "diverged"
            raise RuntimeError(message)

    with pytest.raises(RuntimeError, match="diverged"):
        train()

    [run] = client.search_runs([fluent])
    assert (run.info.status, run.data.metrics) == ("FAILED", {"loss": 9.0})


def test_metric_history(client: MlflowClient, run_id: str) -> None:
    """Every point is kept with its step and time; the latest step is the run's value."""
    points = [(0.9, 1000, 0), (0.5, 2000, 1), (0.7, 3000, 2), (0.7, 3001, 2)]
    for value, timestamp, step in points:
        client.log_metric(run_id, "loss", value, timestamp=timestamp, step=step)

    assert history(client, run_id, "loss") == points
    assert client.get_run(run_id).data.metrics == {"loss": 0.7}


def test_batch(client: MlflowClient, run_id: str) -> None:
    """One call logs params, metrics and tags together."""
    metrics = [Metric("accuracy", step / 10, 1000 + step, step) for step in range(10)]
    # mlflow leaves these two without types.
    params = [Param(f"p{n}", str(n)) for n in range(10)]  # type: ignore[no-untyped-call,unused-ignore]
    tags = [RunTag("kind", "batch")]  # type: ignore[no-untyped-call,unused-ignore]
    client.log_batch(run_id, metrics, params, tags)

    data = client.get_run(run_id).data

    assert data.params == {param.key: param.value for param in params}
    assert data.metrics == {"accuracy": 0.9}
    assert data.tags["kind"] == "batch"
    assert len(history(client, run_id, "accuracy")) == len(metrics)


@pytest.mark.parametrize(
    ("filter_string", "expected"),
    [
        ("metrics.score > 0.5", ["b", "c"]),
        ("metrics.score <= 0.5", ["a"]),
        ("params.model = 'tree'", ["a", "c"]),
        ("params.model != 'tree' AND metrics.score > 0.5", ["b"]),
        ("tags.team LIKE 'plat%'", ["b"]),
        ("attributes.run_name = 'a'", ["a"]),
        ("attributes.status = 'FAILED'", ["c"]),
        ("metrics.score > 100", []),
    ],
)
def test_search(
    client: MlflowClient, experiment_id: str, filter_string: str, expected: list[str]
) -> None:
    """Filters select exactly the runs that they describe."""
    for name, model, score, team, status in (
        ("a", "tree", 0.25, "science", "FINISHED"),
        ("b", "linear", 0.75, "platform", "FINISHED"),
        ("c", "tree", 1.0, "science", "FAILED"),
    ):
        run_id = client.create_run(experiment_id, run_name=name, tags={"team": team}).info.run_id
        client.log_param(run_id, "model", model)
        client.log_metric(run_id, "score", score)
        client.set_terminated(run_id, status)

    found = client.search_runs(
        [experiment_id], filter_string=filter_string, order_by=["metrics.score ASC"]
    )

    assert [run.info.run_name for run in found] == expected


def test_delete_and_restore(client: MlflowClient, experiment_id: str, run_id: str) -> None:
    """A deleted run leaves the search and comes back with its data."""
    client.log_metric(run_id, "score", 1.0)

    client.delete_run(run_id)

    assert client.get_run(run_id).info.lifecycle_stage == "deleted"
    assert list(client.search_runs([experiment_id])) == []

    client.restore_run(run_id)

    [run] = client.search_runs([experiment_id])
    assert (run.info.run_id, run.info.lifecycle_stage) == (run_id, "active")
    assert run.data.metrics == {"score": 1.0}


def test_tag_is_removed(client: MlflowClient, run_id: str) -> None:
    """Unlike params, tags can be changed and deleted."""
    client.set_tag(run_id, "state", "draft")
    client.set_tag(run_id, "state", "final")
    assert client.get_run(run_id).data.tags["state"] == "final"

    client.delete_tag(run_id, "state")
    assert "state" not in client.get_run(run_id).data.tags


@pytest.mark.slow
def test_long_history(client: MlflowClient, run_id: str) -> None:
    """Ten thousand points come back in order, exact and complete."""
    points = [(math.sin(step), 1000 + step, step) for step in range(10 * BATCH)]
    for start in range(0, len(points), BATCH):
        chunk = points[start : start + BATCH]
        client.log_batch(run_id, [Metric("wave", *point) for point in chunk])

    assert history(client, run_id, "wave") == points


@pytest.mark.slow
def test_pages_of_a_search(client: MlflowClient, experiment_id: str) -> None:
    """Pages neither repeat nor lose a run."""
    created = {client.create_run(experiment_id).info.run_id for _ in range(55)}

    seen: list[str] = []
    token: str | None = None
    while True:
        page = client.search_runs([experiment_id], max_results=20, page_token=token)
        seen += [run.info.run_id for run in page]
        token = page.token
        if not token:
            break

    assert len(seen) == len(created)
    assert set(seen) == created


def history(client: MlflowClient, run_id: str, key: str) -> list[tuple[float, int, int]]:
    """Read a metric's points (value, milliseconds since 1970, step), ordered by step and time."""
    points = client.get_metric_history(run_id, key)
    rows = [(point.value, point.timestamp, point.step) for point in points]
    return sorted(rows, key=lambda row: (row[2], row[1]))
