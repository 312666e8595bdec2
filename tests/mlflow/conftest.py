"""Fixtures of the suites that test a real MLflow tracking server.

The server is named by ``MLFLOW_TRACKING_URI``.
Without it nothing can be tested, so the run stops as a usage error: a skip would look like success.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
import uuid
from typing import TYPE_CHECKING

import pytest

# Before mlflow is imported: it reads these once.
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
# mlflow's default is seven retries with a growing delay: minutes for a server that is gone.
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow import MlflowClient

#: Seconds to wait for the server's first answer.
PROBE_TIMEOUT = 10.0


def pytest_configure(config: pytest.Config) -> None:  # noqa: ARG001
    """Refuse to start without a server to test."""
    if not os.environ.get("MLFLOW_TRACKING_URI", "").startswith(("http://", "https://")):
        message = (
            "MLFLOW_TRACKING_URI must name the tracking server under test, "
            "e.g. MLFLOW_TRACKING_URI=http://127.0.0.1:5050"
        )
        raise pytest.UsageError(message)


@pytest.fixture(scope="session")
def server_version() -> str:
    """Ask the server for its version; every test errors when there is no answer."""
    url = tracking_uri_from_environment() + "/version"
    try:
        with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT) as response:  # noqa: S310
            body: bytes = response.read()
    except (urllib.error.URLError, OSError) as error:
        pytest.fail(f"no MLflow server answers at {url}: {error}", pytrace=False)
    return body.decode().strip()


@pytest.fixture(scope="session")
def release_version() -> str:
    """Return the version under release; outside a release, the client's own."""
    import mlflow

    return os.environ.get("RELEASE_VERSION") or str(mlflow.__version__)


@pytest.fixture(scope="session")
def tracking_uri(server_version: str) -> str:  # noqa: ARG001
    """Return the URL of the server, which is known to answer."""
    return tracking_uri_from_environment()


@pytest.fixture
def client(tracking_uri: str) -> MlflowClient:
    """Make a client of the server under test, for tracking and for the model registry."""
    from mlflow import MlflowClient

    return MlflowClient(tracking_uri=tracking_uri, registry_uri=tracking_uri)


@pytest.fixture
def unique(request: pytest.FixtureRequest) -> Callable[[str], str]:
    """Make names that no other test, run or user of the server has."""

    def name(prefix: str) -> str:
        return f"{prefix}-{request.node.name}-{uuid.uuid4().hex}"

    return name


@pytest.fixture
def experiment_id(client: MlflowClient, unique: Callable[[str], str]) -> Iterator[str]:
    """Create an experiment; delete it after the test."""
    identifier: str = client.create_experiment(unique("experiment"))
    yield identifier
    client.delete_experiment(identifier)


@pytest.fixture
def run_id(client: MlflowClient, experiment_id: str) -> str:
    """Create a run in the test's experiment, with which it goes."""
    identifier: str = client.create_run(experiment_id).info.run_id
    return identifier


@pytest.fixture
def registered_model(client: MlflowClient, unique: Callable[[str], str]) -> Iterator[str]:
    """Register a model and return its name; delete it with its versions after the test."""
    name = unique("model")
    client.create_registered_model(name)
    yield name
    client.delete_registered_model(name)


def tracking_uri_from_environment() -> str:
    """Read the server's URL, without a slash at its end."""
    return os.environ["MLFLOW_TRACKING_URI"].rstrip("/")
