"""Everything that a tracking server tells, by its REST API: as lines of a snapshot.

The server's own JSON is taken, not the client's entities, so that what two releases tell can be
compared; only traces come by the client, for where their spans are differs from release to
release. Kinds: experiment (deleted ones too), run, metric (a point), artifact (size and SHA-256),
"logged model", model, "model version" (prompts are both), trace (with its spans).
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from in_parallel import in_parallel
from snapshot_file import Line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from mlflow import MlflowClient

#: Entities of one page, and points of one: the servers' own limits are higher.
PAGE, POINTS = 500, 10_000

#: Traces of one page, which bring their spans.
TRACES = 50

#: Logged models of one page: the server's own limit.
LOGGED = 50

#: A search gives prompts only where it is asked for them.
PROMPTS = "tags.`mlflow.prompt.is_prompt` = 'true'"


class Source:
    """A tracking server."""

    def __init__(self, uri: str, client: MlflowClient, workers: int) -> None:
        """Prepare to ask; ``workers`` is how many calls may be under way at once."""
        import mlflow

        mlflow.set_tracking_uri(uri)  # where artifacts and spans are fetched from
        # mlflow's own way to call a server, with its users' credentials, which has no types.
        self.rest: Any = import_module("mlflow.utils.rest_utils")
        credentials: Any = import_module("mlflow.utils.credentials")
        self.uri = uri
        self.client = client
        self.workers = workers
        self.unread: set[str] = set()
        self.credentials = credentials.get_default_host_creds(uri)

    def lines(self) -> Iterator[Line]:
        """Give everything, in no order."""
        return in_parallel(self.jobs(), self.workers)

    def jobs(self) -> Iterator[Callable[[], Iterator[Line]]]:
        """Give what can be asked for side by side."""
        for experiment in self.pages(
            "POST", "experiments/search", "experiments", {"view_type": "ALL"}
        ):
            number = str(experiment["experiment_id"])
            yield partial(iter, [Line("experiment", number, settled(experiment))])
            wanted = {"experiment_ids": [number], "run_view_type": "ALL"}
            for run in self.pages("POST", "runs/search", "runs", wanted):
                yield partial(self.run, run)
            yield partial(self.logged_models, number)
            yield partial(self.traces, number)
        yield self.models

    def ask(self, method: str, path: str, words: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        """Make one call of the API; raises what mlflow's client raises."""
        place = f"/api/2.0/mlflow/{path}"
        how = {"json": words} if method == "POST" else {"params": words}
        answer = self.rest.http_request(self.credentials, place, method, **how)
        return json.loads(self.rest.verify_rest_response(answer, place).text)

    def pages(
        self, method: str, path: str, key: str, words: dict[str, Any], size: int = PAGE
    ) -> Iterator[dict[str, Any]]:
        """Give every entity of a search, which answers page by page."""
        token: dict[str, str] = {}
        while True:
            page = self.ask(method, path, {**words, **token, "max_results": size})
            yield from page.get(key, [])
            if not page.get("next_page_token"):
                return
            token = {"page_token": page["next_page_token"]}

    def run(self, run: dict[str, Any]) -> Iterator[Line]:
        """Give a run, its points and its artifacts; a parent is a tag."""
        name = str(run["info"]["run_id"])
        yield Line("run", name, settled(run))
        for key in sorted({one["key"] for one in run.get("data", {}).get("metrics", [])}):
            wanted = {"run_id": name, "metric_key": key}
            for point in self.pages("GET", "metrics/get-history", "metrics", wanted, POINTS):
                yield Line("metric", named(name, point), settled({"run": name, **point}))
        where = run["info"].get("artifact_uri", "")
        if run["info"]["lifecycle_stage"] == "active":
            # By the server's own list: what it has and this machine cannot read is an error.
            yield from self.artifacts(f"run {name}", where, partial(self.listed, name))
        elif where:
            # It refuses to list those of a deleted run, which can be restored yet.
            yield from self.artifacts(f"run {name}", where, repository_list(self.repository(where)))

    def listed(self, run: str, folder: str) -> Iterator[tuple[str, bool, int]]:
        """Give path, kind and size of what is in a folder of a run."""
        words = {"run_id": run, **({"path": folder} if folder else {})}
        token: dict[str, str] = {}
        while True:
            page = self.ask("GET", "artifacts/list", {**words, **token})
            for one in page.get("files", []):
                yield one["path"], bool(one.get("is_dir")), int(one.get("file_size") or 0)
            if not page.get("next_page_token"):
                return
            token = {"page_token": page["next_page_token"]}

    def artifacts(
        self,
        owner: str,
        where: str,
        listed: Callable[[str], Iterator[tuple[str, bool, int]]],
        folder: str = "",
    ) -> Iterator[Line]:
        """Give the artifacts below a folder, each read to its last byte."""
        for path, is_folder, size in listed(folder):
            if is_folder:
                yield from self.artifacts(owner, where, listed, path)
            else:
                content = {"owner": owner, "path": path, "size": size}
                content |= self.fetched(f"{owner}: {path}", where, path)
                yield Line("artifact", f"{owner}: {path}", content)

    def fetched(self, name: str, where: str, path: str) -> dict[str, str]:
        """Give the SHA-256 of an artifact; nothing for one that no client can get.

        The servers of some releases (3.6.0) list a name beyond ASCII and answer 500 where it is
        fetched. Such a one is remembered, to be told; any other that cannot be fetched is an error.
        """
        try:
            return {"sha256": fetched_sha256(self.repository(where), path)}
        except Exception as error:
            if path.isascii() or "500 error" not in str(error):
                raise
            self.unread.add(name)
            return {}

    def repository(self, where: str) -> Any:  # noqa: ANN401 - mlflow's, without types
        """Give mlflow's own way to the artifacts at a place."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        return get_artifact_repository(where, tracking_uri=self.uri)

    def logged_models(self, experiment: str) -> Iterator[Line]:
        """Give the models that runs of an experiment have logged, with their artifacts."""
        wanted = {"experiment_ids": [experiment]}
        for model in self.pages("POST", "logged-models/search", "models", wanted, LOGGED):
            name, where = str(model["info"]["model_id"]), str(model["info"]["artifact_uri"])
            yield Line("logged model", name, settled(model))
            listed = repository_list(self.repository(where))
            yield from self.artifacts(f"logged model {name}", where, listed)

    def traces(self, experiment: str) -> Iterator[Line]:
        """Give the traces of an experiment, and of each what its spans say."""
        token: str | None = None
        while True:
            page = self.client.search_traces(
                locations=[experiment], max_results=TRACES, page_token=token
            )
            for trace in page:
                spans = [settled(span.to_dict()) for span in trace.data.spans]
                content = settled(trace.info.to_dict())
                yield Line("trace", trace.info.trace_id, {**content, "spans": settled(spans)})
            token = page.token
            if not token:
                return

    def models(self) -> Iterator[Line]:
        """Give registered models and prompts, with their versions, tags and aliases."""
        for wanted in ({}, {"filter": PROMPTS}):
            path, key = "registered-models/search", "registered_models"
            for model in self.pages("GET", path, key, wanted):
                model.pop("latest_versions", None)  # each version is a line of its own
                yield Line("model", model["name"], settled(model))
            path, key = "model-versions/search", "model_versions"
            for version in self.pages("GET", path, key, wanted):
                name = f"{version['name']} version {version['version']}"
                yield Line("model version", name, settled(version))


def repository_list(
    repository: Any,  # noqa: ANN401 - as above
) -> Callable[[str], Iterator[tuple[str, bool, int]]]:
    """Give path, kind and size of what a repository lists in a folder."""
    return lambda folder: (
        (str(one.path), bool(one.is_dir), int(one.file_size or 0))
        for one in repository.list_artifacts(folder or None)
    )


def fetched_sha256(repository: Any, path: str) -> str:  # noqa: ANN401 - as above
    """Fetch an artifact, one at a time for each worker, and hash it."""
    with tempfile.TemporaryDirectory(prefix="upgrade-runner-") as folder:
        place = Path(repository.download_artifacts(path, folder))
        with place.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()


def named(run: str, point: dict[str, Any]) -> str:
    """Name a point by all that makes it one: a run may log a step twice, at one time too."""
    words = f"step {point.get('step', 0)} at {point.get('timestamp', 0)}"
    return f"run {run}: {point['key']}, {words}: {point.get('value')}"


def settled(value: Any) -> Any:  # noqa: ANN401 - any JSON
    """Give JSON whose form does not depend on an order that means nothing.

    Servers tell tags, parameters and the like as lists of key and value, in the order in which
    their database happened to give them.
    """
    if isinstance(value, dict):
        return {str(name): settled(one) for name, one in value.items()}
    if isinstance(value, list):
        found = [settled(one) for one in value]
        pairs = {str(one["key"]): one for one in found if isinstance(one, dict) and "key" in one}
        if found and len(pairs) == len(found):
            return pairs
        return sorted(found, key=lambda one: json.dumps(one, sort_keys=True))
    return value
