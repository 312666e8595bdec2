"""Take out of published descriptions what the tests compare with: `make excerpts`.

The whole ones are large (GitHub's OpenAPI description has 13 MB, Kubernetes' schemas 70), so that
only what is used is kept, without prose and examples. Both packages are fetched by the clients of
their registries, in the versions below.

- ``github.json``: of npm's ``@octokit/openapi``, GitHub's REST API description (MIT).
- ``kubernetes.json``: of PyPI's ``kubernetes-validate``, Kubernetes' own OpenAPI description as
  JSON Schema, strict (Apache-2.0).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

OCTOKIT: Final = "23.0.2"
"""Version of ``@octokit/openapi``."""
KUBERNETES: Final = "1.37.0"
"""Version of ``kubernetes-validate``, and of Kubernetes."""
HERE = Path(__file__).parent
ROUTES: Final[Mapping[str, tuple[str, ...]]] = {
    "/repos/{owner}/{repo}/issues": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("patch",),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}": ("patch",),
    "/repos/{owner}/{repo}/dependabot/alerts": ("get",),
}
"""What the runner asks of GitHub."""
KINDS: Final = ("io.k8s.api.batch.v1.Job", "io.k8s.api.core.v1.PersistentVolumeClaim")
"""What the manifest for Kubernetes holds."""
_PROSE: Final = {"description", "summary", "example", "examples", "externalDocs", "title"}
_KEYED: Final = {"properties", "$defs", "patternProperties"}
"""Keys whose value has names of its own, and no keywords."""


def bare(value: Any, *, named: bool = False) -> Any:  # noqa: ANN401 - JSON
    """Leave prose out; of a mapping of names nothing is prose."""
    if isinstance(value, dict):
        return {
            key: bare(one, named=key in _KEYED and not named)
            for key, one in value.items()
            if named or (key not in _PROSE and not key.startswith("x-github"))
        }
    return [bare(one) for one in value] if isinstance(value, list) else value


def references(value: Any) -> Iterator[str]:  # noqa: ANN401 - JSON
    """Give every ``$ref`` in a document."""
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from references(one)


def reachable(document: Mapping[str, Any], start: object) -> dict[str, Any]:
    """Give what is referred to, over any number of steps, by its ``$ref``."""
    found: dict[str, Any] = {}
    waiting = [*references(start)]
    while waiting:
        reference = waiting.pop()
        if reference not in found:
            value: Any = document
            for part in reference.removeprefix("#/").split("/"):
                value = value[part]
            found[reference] = bare(value)
            waiting += references(found[reference])
    return found


def github(description: Mapping[str, Any]) -> dict[str, Any]:
    """Give the operations, with the components that they need."""
    paths = {
        path: {method: bare(description["paths"][path][method]) for method in methods}
        for path, methods in ROUTES.items()
    }
    made: dict[str, Any] = {"openapi": description["openapi"], "paths": paths, "components": {}}
    for reference, value in sorted(reachable(description, paths).items()):
        _, _, kind, name = reference.split("/")
        if kind != "examples":
            made["components"].setdefault(kind, {})[name] = value
    return made


def kubernetes(definitions: Mapping[str, Any]) -> dict[str, Any]:
    """Give the schema of a document of any of the kinds."""
    start = [{"$ref": f"#/$defs/{kind}"} for kind in KINDS]
    found = reachable(definitions, start)
    named = {reference.rpartition("/")[2]: value for reference, value in sorted(found.items())}
    return {"oneOf": start, "$defs": named}


def main() -> None:
    """Fetch both, and write the excerpts."""
    with tempfile.TemporaryDirectory() as folder:
        npm = ("npm", "pack", "--silent", f"@octokit/openapi@{OCTOKIT}")
        subprocess.run(npm, cwd=folder, check=True, stdout=subprocess.DEVNULL)
        pip = (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps")
        subprocess.run((*pip, f"kubernetes-validate=={KUBERNETES}"), cwd=folder, check=True)
        (package,) = Path(folder).glob("*.tgz")
        with tarfile.open(package) as archive:
            whole = archive.extractfile("package/generated/api.github.com.json")
            assert whole is not None
            _write("github.json", github(json.load(whole)))
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            home = f"kubernetes_validate/kubernetes-json-schema/v{KUBERNETES}-local-strict"
            _write(
                "kubernetes.json", kubernetes(json.loads(archive.read(f"{home}/_definitions.json")))
            )


def _write(name: str, document: object) -> None:
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    (HERE / name).write_text(f"{text}\n", "utf-8")


if __name__ == "__main__":
    main()
