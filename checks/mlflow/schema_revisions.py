"""Tell which revisions of the tracking database the installed MLflow knows, and which is its head.

    python checks/mlflow/schema_revisions.py

Standard output is one JSON object: ``version``, ``heads``, ``revisions``. MLflow's own code is not
run: its migrations (alembic) are read. Exit codes: 0 told; 2 they could not be found or read.
"""

from __future__ import annotations

import ast
import json
import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

#: Where MLflow keeps them, below the package.
FOLDER = "store/db_migrations/versions"


class RevisionsError(Exception):
    """The migrations could not be found or read."""


def main() -> int:
    """Tell; return the exit code."""
    try:
        graph = revisions(folder())
        told = {"version": installed(), "heads": heads(graph), "revisions": sorted(graph)}
    except RevisionsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(told))
    return 0


def installed() -> str:
    """Return the version of MLflow beside this interpreter."""
    for name in ("mlflow", "mlflow-skinny"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    message = "mlflow is not installed beside this interpreter"
    raise RevisionsError(message)


def folder() -> Path:
    """Return the folder of the migrations; a package is found without being imported."""
    spec = find_spec("mlflow")
    for place in spec.submodule_search_locations or [] if spec else []:
        if (path := Path(place, FOLDER)).is_dir():
            return path
    message = f"there is no mlflow/{FOLDER} beside this interpreter"
    raise RevisionsError(message)


def revisions(path: Path) -> dict[str, tuple[str, ...]]:
    """Map every revision to those that it follows."""
    found = dict(migration(file) for file in sorted(path.glob("[0-9a-f]*_*.py")))
    if not found:
        message = f"{path} holds no migration: they are kept elsewhere now"
        raise RevisionsError(message)
    return found


def migration(file: Path) -> tuple[str, tuple[str, ...]]:
    """Read ``revision`` and ``down_revision`` of one file, which alembic wants as constants."""
    values: dict[str, object] = {}
    for node in ast.parse(file.read_bytes()).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {target.id for target in targets if isinstance(target, ast.Name)}
            for name in names & {"revision", "down_revision"}:
                values[name] = ast.literal_eval(node.value)
    return related(file, values.get("revision"), values.get("down_revision"))


def related(file: Path, name: object, before: object) -> tuple[str, tuple[str, ...]]:
    """Return a revision with those that it follows: alembic allows one, several or none."""
    if not isinstance(name, str):
        message = f"{file} states no revision"
        raise RevisionsError(message)
    if isinstance(before, str):
        return name, (before,)
    return name, tuple(map(str, before)) if isinstance(before, tuple | list) else ()


def heads(graph: dict[str, tuple[str, ...]]) -> list[str]:
    """Return the revisions that no other follows."""
    followed = {before for names in graph.values() for before in names}
    return sorted(set(graph) - followed)


if __name__ == "__main__":
    sys.exit(main())
