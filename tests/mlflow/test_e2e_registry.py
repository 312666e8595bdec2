"""The model registry: register, describe, alias, load and delete."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mlflow
import pytest
from mlflow.exceptions import MlflowException
from mlflow.models import get_model_info
from mlflow.pyfunc.utils import pyfunc
from mlflow.types.schema import ColSpec, Schema

if TYPE_CHECKING:
    from mlflow import MlflowClient


def double(model_input: list[float]) -> list[float]:
    """Be the smallest model whose answer can be checked."""
    return [2 * value for value in model_input]


def test_versions_count_up(client: MlflowClient, registered_model: str, run_id: str) -> None:
    """Each registration is a version of its own, with its source and run."""
    source = client.get_run(run_id).info.artifact_uri
    first = client.create_model_version(registered_model, f"{source}/model", run_id)
    second = client.create_model_version(registered_model, f"{source}/model", run_id)

    assert (str(first.version), str(second.version)) == ("1", "2")
    for version in ("1", "2"):
        read = client.get_model_version(registered_model, version)
        assert (read.status, read.run_id, read.source) == ("READY", run_id, f"{source}/model")
    found = client.search_model_versions(f"name = '{registered_model}'")
    assert sorted(str(item.version) for item in found) == ["1", "2"]


def test_name_is_unique(client: MlflowClient, registered_model: str) -> None:
    """A second model of the same name is refused."""
    with pytest.raises(MlflowException) as refused:
        client.create_registered_model(registered_model)
    assert refused.value.error_code == "RESOURCE_ALREADY_EXISTS"


def test_alias_moves(client: MlflowClient, registered_model: str, run_id: str) -> None:
    """An alias names one version at a time and can be taken away."""
    source = client.get_run(run_id).info.artifact_uri
    for _ in range(2):
        client.create_model_version(registered_model, f"{source}/model", run_id)

    for version in ("1", "2"):
        client.set_registered_model_alias(registered_model, "champion", version)
        named = client.get_model_version_by_alias(registered_model, "champion")
        assert str(named.version) == version

    assert list(client.get_model_version(registered_model, "1").aliases) == []
    client.delete_registered_model_alias(registered_model, "champion")
    with pytest.raises(MlflowException):
        client.get_model_version_by_alias(registered_model, "champion")


def test_description_and_tags(client: MlflowClient, registered_model: str, run_id: str) -> None:
    """Metadata of the model and of a version are kept apart."""
    source = client.get_run(run_id).info.artifact_uri
    client.create_model_version(registered_model, f"{source}/model", run_id)
    client.update_registered_model(registered_model, description="the model")
    client.update_model_version(registered_model, "1", description="the version")
    client.set_registered_model_tag(registered_model, "level", "model")
    client.set_model_version_tag(registered_model, "1", "level", "version")

    model = client.get_registered_model(registered_model)
    version = client.get_model_version(registered_model, "1")

    assert (model.description, model.tags) == ("the model", {"level": "model"})
    assert (version.description, version.tags) == ("the version", {"level": "version"})


def test_version_is_deleted(client: MlflowClient, registered_model: str, run_id: str) -> None:
    """A deleted version is gone; the others stay."""
    source = client.get_run(run_id).info.artifact_uri
    for _ in range(2):
        client.create_model_version(registered_model, f"{source}/model", run_id)

    client.delete_model_version(registered_model, "1")

    found = client.search_model_versions(f"name = '{registered_model}'")
    assert [str(item.version) for item in found] == ["2"]
    with pytest.raises(MlflowException) as missing:
        client.get_model_version(registered_model, "1")
    assert missing.value.error_code == "RESOURCE_DOES_NOT_EXIST"


def test_model_is_logged_registered_and_loaded(
    client: MlflowClient, tracking_uri: str, experiment_id: str, registered_model: str
) -> None:
    """A model goes to the server, is found by its alias, and still answers right."""
    mlflow.set_tracking_uri(tracking_uri)
    mlflow.set_registry_uri(tracking_uri)
    mlflow.set_experiment(experiment_id=experiment_id)
    with mlflow.start_run() as run:
        mlflow.pyfunc.log_model(
            name="doubler",
            python_model=pyfunc(double),  # type: ignore[no-untyped-call,unused-ignore]
            # Stated, for mlflow would otherwise import the model in a new process to find out.
            pip_requirements=[f"mlflow=={mlflow.__version__}"],
            registered_model_name=registered_model,
        )
    client.set_registered_model_alias(registered_model, "champion", "1")

    uri = f"models:/{registered_model}@champion"
    info = get_model_info(uri)
    model = mlflow.pyfunc.load_model(uri)

    assert info.run_id == run.info.run_id
    assert info.signature.inputs == Schema([ColSpec("double")])
    assert info.mlflow_version == mlflow.__version__
    assert model.predict([1.5, -2.0]) == [3.0, -4.0]
