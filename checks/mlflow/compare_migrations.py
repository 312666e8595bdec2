"""Tell which migrations of the tracking database a newer MLflow brings.

    UPGRADE_CANDIDATE=3.17.2 python checks/mlflow/compare_migrations.py --current 3.6.0 --folder DIR

Standard output is one JSON object. Exit codes: 0 told; 2 a wheel could not be had or read.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

#: Where MLflow keeps them (alembic), and how each begins: `3da73c924c2f_add_outputs_to_….py`.
MIGRATION = re.compile(r"mlflow/store/db_migrations/versions/(?P<name>[0-9a-f]+_\w+)\.py")

#: pip's seconds for one wheel of some ten megabytes.
TIMEOUT = 240


def main() -> int:
    """Compare; return the exit code."""
    options = parse_arguments()
    candidate = os.environ.get("UPGRADE_CANDIDATE", "")
    if not candidate:
        print("error: UPGRADE_CANDIDATE is not set", file=sys.stderr)
        return 2
    try:
        before = migrations(options.folder, options.current)
        after = migrations(options.folder, candidate)
    except (OSError, subprocess.SubprocessError, zipfile.BadZipFile, ValueError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps({"migrations": summary(sorted(after - before), sorted(before - after))}))
    return 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--current", required=True, help="the version that the database is of")
    parser.add_argument("--folder", required=True, type=Path, help="where wheels are put")
    return parser.parse_args()


def migrations(folder: Path, version: str) -> set[str]:
    """Give the names of a version's migrations, from its wheel; raises for one without any."""
    into = folder / version
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command += ["--only-binary", ":all:", "--dest", str(into), f"mlflow=={version}"]
    subprocess.run(command, check=True, timeout=TIMEOUT, stdout=sys.stderr)
    (wheel,) = into.glob("mlflow-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        found = {one["name"] for name in archive.namelist() if (one := MIGRATION.fullmatch(name))}
    if not found:
        message = f"{wheel.name} holds no migration: they are kept elsewhere now"
        raise ValueError(message)
    return found


def summary(new: list[str], gone: list[str]) -> str:
    """Say what changes, for people."""
    told = f"{len(new)} new: {', '.join(new)}" if new else "none"
    return f"{told}; {len(gone)} are gone: {', '.join(gone)}" if gone else told


if __name__ == "__main__":
    sys.exit(main())
