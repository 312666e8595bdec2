"""Experiments: rename, tag, search, delete and restore."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from mlflow.entities import ViewType
from mlflow.exceptions import MlflowException

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlflow import MlflowClient


def test_rename_and_tags(
    client: MlflowClient, experiment_id: str, unique: Callable[[str], str]
) -> None:
    """The new name and the tag are read back; the old name is free again."""
    old = client.get_experiment(experiment_id).name
    new = unique("renamed")

    client.rename_experiment(experiment_id, new)
    client.set_experiment_tag(experiment_id, "owner", "ML Lead")

    experiment = client.get_experiment(experiment_id)
    assert (experiment.name, experiment.tags["owner"]) == (new, "ML Lead")
    assert client.get_experiment_by_name(old) is None


def test_name_is_unique(client: MlflowClient, experiment_id: str) -> None:
    """A second experiment of the same name is refused."""
    name = client.get_experiment(experiment_id).name

    with pytest.raises(MlflowException) as refused:
        client.create_experiment(name)

    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_search_by_tag(
    client: MlflowClient, experiment_id: str, unique: Callable[[str], str]
) -> None:
    """A filter finds the one experiment that has the tag."""
    marker = unique("tag")
    client.set_experiment_tag(experiment_id, "marker", marker)

    found = client.search_experiments(filter_string=f"tags.marker = '{marker}'")

    assert [experiment.experiment_id for experiment in found] == [experiment_id]


def test_delete_and_restore(client: MlflowClient, experiment_id: str) -> None:
    """A deleted experiment leaves the search, its runs are kept, and it comes back whole."""
    name = client.get_experiment(experiment_id).name
    run_id = client.create_run(experiment_id).info.run_id
    client.log_param(run_id, "kept", "yes")

    client.delete_experiment(experiment_id)

    assert client.get_experiment(experiment_id).lifecycle_stage == "deleted"
    assert names(client, name, ViewType.ACTIVE_ONLY) == []
    assert names(client, name, ViewType.DELETED_ONLY) == [name]

    client.restore_experiment(experiment_id)

    assert client.get_experiment(experiment_id).lifecycle_stage == "active"
    assert names(client, name, ViewType.ACTIVE_ONLY) == [name]
    assert [run.data.params for run in client.search_runs([experiment_id])] == [{"kept": "yes"}]


def names(client: MlflowClient, name: str, view: int) -> list[str]:
    """Search for the experiment of this name in one view."""
    found = client.search_experiments(view_type=view, filter_string=f"name = '{name}'")
    return [experiment.name for experiment in found]
