"""Record an audit on an MLflow tracking server, and prove by reading it back that it is there."""

from __future__ import annotations

import hashlib
import os
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from locked import AuditError

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: The artifact's name in the run.
ARTIFACT = "audit.json"
#: Seconds to wait for the server's first answer.
PROBE_TIMEOUT = 10.0


@dataclass(frozen=True)
class Record:
    """What is logged as one run."""

    parameters: dict[str, str]
    """Logged as params."""
    metrics: dict[str, float]
    """Logged at step 0."""
    artifact: bytes
    """The document, stored as ``audit.json``."""

    @property
    def sha256(self) -> str:
        """The SHA-256 of the document, in hexadecimal."""
        return hashlib.sha256(self.artifact).hexdigest()


class Tracker:
    """One experiment of one tracking server."""

    def __init__(self, uri: str, experiment: str) -> None:
        """Find or create the experiment; AuditError when the server does not answer."""
        probe(uri)
        self.uri = uri
        self.experiment = experiment
        self.experiment_id = find_or_create(new_client(uri), experiment)

    def log(self, record: Record) -> str:
        """Log the record as a finished run; return the run's id."""
        client = new_client(self.uri)
        run_id: str = client.create_run(self.experiment_id, run_name="sample-audit").info.run_id
        try:
            fill(client, run_id, record)
        except BaseException:
            client.set_terminated(run_id, "FAILED")
            raise
        client.set_terminated(run_id, "FINISHED")
        return run_id

    def differences(self, run_id: str, record: Record) -> list[str]:
        """Read the run back by a fresh client; tell each difference as expected and actual."""
        client = new_client(self.uri)
        run = client.get_run(run_id)
        digest = stored_sha256(client, run_id)
        checks: list[tuple[str, object, object]] = [
            ("experiment", self.experiment_id, run.info.experiment_id),
            ("status", "FINISHED", run.info.status),
            ("params", record.parameters, dict(run.data.params)),
            ("metrics", record.metrics, dict(run.data.metrics)),
            (f"SHA-256 of {ARTIFACT}", record.sha256, digest),
        ]
        return [
            f"{what} of run {run_id}: expected {expected!r}, actual: {actual!r}"
            for what, expected, actual in checks
            if expected != actual
        ]


def probe(uri: str) -> None:
    """Ask the server for its health; AuditError when it does not answer.

    mlflow's client would retry for minutes before it says the same.
    """
    if not uri.startswith(("http://", "https://")):
        message = f"not the URL of a tracking server: {shown(uri)!r}"
        raise AuditError(message, "give --tracking-uri or MLFLOW_TRACKING_URI, http://host:port")
    url = uri.rstrip("/") + "/health"
    try:
        with urllib.request.urlopen(url, timeout=PROBE_TIMEOUT):  # noqa: S310 - checked above
            pass
    except OSError as error:
        message = f"no tracking server answers at {shown(url)}: {error}"
        raise AuditError(message, "start it, or give another --tracking-uri") from error


def shown(uri: str) -> str:
    """Give a URL without what stands before its host: a password may be there."""
    scheme, mark, rest = uri.partition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


def new_client(uri: str) -> MlflowClient:
    """Make a client that gives up soon, prints nothing, and calls nobody but the server."""
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ["MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT"] = "true"
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "30")
    # Here, for it takes a second to import and an audit without a server does not need it.
    try:
        from mlflow import MlflowClient
    except ImportError as error:
        message = f"mlflow cannot be imported: {error}"
        raise AuditError(message, "install the lock, or leave out --log-mlflow") from error
    return MlflowClient(tracking_uri=uri)


def find_or_create(client: MlflowClient, name: str) -> str:
    """Return the id of the experiment of this name; AuditError when it is deleted."""
    experiment = client.get_experiment_by_name(name)
    if experiment is None:
        identifier: str = client.create_experiment(name)
        return identifier
    if experiment.lifecycle_stage != "active":
        message = f"the experiment {name!r} is deleted"
        raise AuditError(message, "restore it, or give another --experiment")
    return str(experiment.experiment_id)


def fill(client: MlflowClient, run_id: str, record: Record) -> None:
    """Log params, metrics and the artifact."""
    for key, text in record.parameters.items():
        client.log_param(run_id, key, text)
    for key, value in record.metrics.items():
        client.log_metric(run_id, key, value, step=0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / ARTIFACT
        path.write_bytes(record.artifact)
        client.log_artifact(run_id, str(path))


def stored_sha256(client: MlflowClient, run_id: str) -> str:
    """Download the artifact and return its SHA-256, in hexadecimal."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(client.download_artifacts(run_id, ARTIFACT, folder))
        return hashlib.sha256(path.read_bytes()).hexdigest()
