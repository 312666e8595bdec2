"""Fast tests of the client fixture against a real tracking server: the first row of the matrix."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import mlflow
import pytest
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient


def test_client_is_the_release(release_version: str) -> None:
    """The environment that tests is the one that is released."""
    assert mlflow.__version__ == release_version


def test_server_is_the_release(server_version: str, release_version: str) -> None:
    """An old server that still answers would make every other test worthless."""
    assert server_version == release_version


def test_experiment_is_found_by_id_and_by_name(
    client: MlflowClient, unique: Callable[[str], str]
) -> None:
    """What is created is what is read back, by either key."""
    name = unique("experiment")
    identifier = client.create_experiment(name, tags={"team": "platform"})
    try:
        by_id = client.get_experiment(identifier)
        by_name = client.get_experiment_by_name(name)
        assert by_name is not None
        assert (by_id.experiment_id, by_id.name) == (identifier, name)
        assert (by_name.experiment_id, by_name.name) == (identifier, name)
        assert by_id.tags["team"] == "platform"
        assert by_id.lifecycle_stage == "active"
    finally:
        client.delete_experiment(identifier)


def test_unknown_experiment_is_not_found(
    client: MlflowClient, unique: Callable[[str], str]
) -> None:
    """A name that nobody created is absent, not an error and not a default."""
    assert client.get_experiment_by_name(unique("absent")) is None


def test_param_metric_and_tag_are_read_back(client: MlflowClient, run_id: str) -> None:
    """A run holds exactly what was logged to it."""
    client.log_param(run_id, "learning_rate", 0.01)
    client.log_metric(run_id, "loss", 0.125, step=3)
    client.set_tag(run_id, "stage", "verification")

    data = client.get_run(run_id).data

    assert data.params == {"learning_rate": "0.01"}
    assert data.metrics == {"loss": 0.125}
    assert data.tags["stage"] == "verification"


def test_text_of_any_script_is_kept(client: MlflowClient, run_id: str) -> None:
    """Names and values survive the way to the database and back."""
    text = "größe · 模型 · 🚀 · 'quoted' · a\tb"
    client.log_param(run_id, "note", text)
    client.set_tag(run_id, "tag/with.dots-and_more", text)

    data = client.get_run(run_id).data

    assert data.params["note"] == text
    assert data.tags["tag/with.dots-and_more"] == text


@pytest.mark.parametrize("value", [0.0, -1.5, 1e-300, 1.7976931348623157e308, 0.1 + 0.2])
def test_metric_is_exact(client: MlflowClient, run_id: str, value: float) -> None:
    """A double comes back bit by bit."""
    client.log_metric(run_id, "value", value)
    assert client.get_run(run_id).data.metrics["value"] == value


def test_metric_may_be_not_a_number(client: MlflowClient, run_id: str) -> None:
    """A diverged training run is recorded as such."""
    client.log_metric(run_id, "loss", math.nan)
    assert math.isnan(client.get_run(run_id).data.metrics["loss"])


def test_run_starts_and_ends(client: MlflowClient, run_id: str) -> None:
    """The life of a run is recorded in its status and times (milliseconds since 1970)."""
    started = client.get_run(run_id).info
    assert (started.status, started.end_time) == ("RUNNING", None)

    client.set_terminated(run_id, "FINISHED")

    ended = client.get_run(run_id).info
    assert ended.status == "FINISHED"
    assert ended.end_time is not None
    assert ended.end_time >= ended.start_time == started.start_time


def test_param_cannot_be_rewritten(client: MlflowClient, run_id: str) -> None:
    """Params are evidence: the server refuses a second value and keeps the first."""
    client.log_param(run_id, "seed", "1")

    with pytest.raises(MlflowException) as refused:
        client.log_param(run_id, "seed", "2")

    assert refused.value.error_code == "INVALID_PARAMETER_VALUE"
    assert client.get_run(run_id).data.params == {"seed": "1"}
