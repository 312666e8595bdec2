"""Export what a tracking server holds, and prove that the export can be read back.

    python checks/mlflow/snapshot.py --output analysis_outputs/backups/experiments.jsonl.gz

Experiments (deleted ones too), runs with parameters, tags and the whole history of each metric,
names and sizes of artifacts, registered models with versions and aliases, and traces: a line of
JSON each. The export is then read back, and the server is asked for everything a second time; all
three must agree in counts and checksums. Standard output is one JSON object. Exit codes: 0 the
three agree; 1 they do not; 2 the server could not be asked.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locked import AuditError
from tracking import new_client, probe

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlflow import MlflowClient

#: Raised when the lines' shape changes.
SCHEMA = "upgrade-runner/mlflow-snapshot/1"

#: Entities of one page: the servers' own limits are higher.
PAGE = 500

#: The sum of hashes needs no order, so that pages may come as they like.
MODULUS = 1 << 256

#: What a point of a metric's history is.
POINT = ("key", "value", "timestamp", "step")

#: What is exported: the kind of a line, and its content.
Line = tuple[str, dict[str, Any]]


class Tally:
    """Counts and checksums of lines, by their kind."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.counts: dict[str, int] = {}
        self.sums: dict[str, int] = {}

    def add(self, kind: str, text: str) -> None:
        """Add a line as it is written."""
        digest = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self.sums[kind] = (self.sums.get(kind, 0) + digest) % MODULUS

    def told(self) -> dict[str, dict[str, Any]]:
        """Tell both, by kind."""
        return {
            kind: {"count": self.counts[kind], "sha256": f"{self.sums[kind]:064x}"}
            for kind in sorted(self.counts)
        }


def main() -> int:
    """Export and compare; return the exit code."""
    options = parse_arguments()
    uri = os.environ.get("MLFLOW_TRACKING_URI", "")
    try:
        probe(uri)
        client = new_client(uri)
        exported = export(lines(client), options.output)
        again = tally(lines(client))
    except AuditError as error:
        print(f"error: {error}; {error.hint}", file=sys.stderr)
        return 2
    except Exception as error:  # noqa: BLE001 - mlflow's client raises many kinds
        print(f"error: {type(error).__name__}: {error}", file=sys.stderr)
        return 2
    read = tally(read_back(options.output))
    verified = exported == read == again
    size, digest = options.output.stat().st_size, sha256_of(options.output)
    told = {"schema": SCHEMA, "path": str(options.output), "bytes": size, "sha256": digest}
    print(json.dumps({**told, "contents": exported, "verified": verified}))
    for name, other in (("the export read back", read), ("the server's second answer", again)):
        for kind in sorted({*exported, *other}):
            if exported.get(kind) != other.get(kind):
                found = f"expected {exported.get(kind)}, actual: {other.get(kind)}"
                print(f"{name} differs in {kind}: {found}", file=sys.stderr)
    return 0 if verified else 1


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", required=True, type=Path, help="the file of the export")
    return parser.parse_args()


def export(found: Iterable[Line], path: Path) -> dict[str, dict[str, Any]]:
    """Write every line, and count it; the file appears whole, and for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    made = Tally()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw, gzip.open(raw, "wt", encoding="utf-8") as stream:
            for kind, content in found:
                text = rendered(content)
                made.add(kind, text)
                stream.write(f"{kind} {text}\n")
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return made.told()


def read_back(path: Path) -> Iterator[Line]:
    """Give the lines of an export."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        for line in stream:
            kind, _, text = line.partition(" ")
            yield kind, json.loads(text)


def tally(found: Iterable[Line]) -> dict[str, dict[str, Any]]:
    """Count lines without keeping them."""
    made = Tally()
    for kind, content in found:
        made.add(kind, rendered(content))
    return made.told()


def rendered(content: dict[str, Any]) -> str:
    """Write content on one line, the same each time."""
    return json.dumps(content, sort_keys=True, default=str)


def sha256_of(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def lines(client: MlflowClient) -> Iterator[Line]:
    """Ask the server for everything, page by page."""
    from mlflow.entities import ViewType

    everything = ViewType.ALL
    for experiment in pages(
        lambda token: client.search_experiments(everything, max_results=PAGE, page_token=token)
    ):
        yield "experiment", plain(experiment)
        yield from runs(client, experiment.experiment_id, everything)
        yield from traces(client, experiment.experiment_id)
    yield from models(client)


def runs(client: MlflowClient, experiment: str, view: int) -> Iterator[Line]:
    """Give the runs of an experiment, nested ones too: a parent is a tag."""
    for run in pages(
        lambda token: client.search_runs([experiment], "", view, PAGE, page_token=token)
    ):
        content = {
            "info": plain(run.info),
            "params": run.data.params,
            "tags": run.data.tags,
            "inputs": run.inputs.to_dictionary() if run.inputs else None,
        }
        # Where a deleted run's files lie is asked of nobody: the server refuses to list them.
        yield "run", content
        for key in sorted(run.data.metrics):
            for metric in client.get_metric_history(run.info.run_id, key):
                point = {name: simple(getattr(metric, name)) for name in POINT}
                yield "metric", {"run": run.info.run_id, **point}
        if run.info.lifecycle_stage == "active":
            yield from artifacts(client, run.info.run_id, "")


def artifacts(client: MlflowClient, run: str, folder: str) -> Iterator[Line]:
    """Give names and sizes of a run's artifacts, folder by folder."""
    for one in client.list_artifacts(run, folder or None):
        if one.is_dir:
            yield from artifacts(client, run, one.path)
        else:
            yield "artifact", {"run": run, "path": one.path, "size": one.file_size}


def traces(client: MlflowClient, experiment: str) -> Iterator[Line]:
    """Give the traces of an experiment, without their spans' payload."""
    for trace in pages(
        lambda token: client.search_traces(
            experiment_ids=[experiment], max_results=PAGE, page_token=token, include_spans=False
        )
    ):
        yield "trace", trace.info.to_dict()


def models(client: MlflowClient) -> Iterator[Line]:
    """Give registered models, with their versions, tags and aliases."""
    for model in pages(
        lambda token: client.search_registered_models(max_results=PAGE, page_token=token)
    ):
        content = plain(model)
        content.pop("latest_versions", None)  # each version is a line of its own
        yield "model", {**content, "aliases": dict(model.aliases)}
    for version in pages(
        lambda token: client.search_model_versions(max_results=PAGE, page_token=token)
    ):
        yield "model version", plain(version)


def pages(ask: Callable[[str | None], Any]) -> Iterator[Any]:
    """Give every entity of a search, which answers page by page."""
    token: str | None = None
    while True:
        page = ask(token)
        yield from page
        token = page.token
        if not token:
            return


def plain(entity: Any) -> dict[str, Any]:  # noqa: ANN401 - any of mlflow's entities
    """Give an entity's public fields, as its class lists them."""
    return {name: simple(value) for name, value in dict(entity).items()}


def simple(value: Any) -> Any:  # noqa: ANN401 - any value of a field
    """Give a value that JSON knows; a NaN is no JSON, but its name is a text."""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, dict):
        return {str(name): simple(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [simple(one) for one in value]
    return value if value is None or isinstance(value, str | int | bool) else str(value)


if __name__ == "__main__":
    sys.exit(main())
