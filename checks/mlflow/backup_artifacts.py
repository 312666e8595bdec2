"""Copy an artifact store that is a folder, and prove the copy by reading it.

    python checks/mlflow/backup_artifacts.py --source mlartifacts --output analysis_outputs/backups

The copy is a new folder below the output, with ``manifest.json`` beside its files: path, size and
SHA-256 of each. Every file of the copy is read again and compared with what the source gave, and
the source is listed again; a copy that cannot be finished is removed. Standard output is one JSON
object. Exit codes: 0 equal; 1 not equal, or the source changed meanwhile; 2 the store could not be
read, or the copy not be written.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Raised when the manifest's shape changes.
SCHEMA = "upgrade-runner/artifact-backup/1"

CHUNK = 1 << 20


def main() -> int:
    """Copy and compare; return the exit code."""
    options = parse_arguments()
    source: Path = options.source
    if not source.is_dir():
        print(f"error: there is no folder {source}; name it with --source", file=sys.stderr)
        return 2
    try:
        copy = new_folder(options.output)
        try:
            files = {name: copied(source / name, copy / "files" / name) for name in names(source)}
            problems = compare(source, copy / "files", files)
            write_manifest(copy, source, files)
        except BaseException:
            shutil.rmtree(copy)
            raise
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    for problem in problems:
        print(problem, file=sys.stderr)
    size = sum(int(one["size"]) for one in files.values())
    told = {"schema": SCHEMA, "path": str(copy), "files": len(files), "bytes": size}
    print(json.dumps({**told, "verified": not problems}))
    return 1 if problems else 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--source", required=True, type=Path, help="the store's folder")
    parser.add_argument("--output", required=True, type=Path, help="where copies are kept")
    return parser.parse_args()


def new_folder(output: Path) -> Path:
    """Make a folder for this copy, which only its owner can enter."""
    output.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="artifacts-", dir=output))


def names(folder: Path) -> Iterator[str]:
    """Give the files below a folder, by their path in it; a link is refused."""
    for place, folders, files in os.walk(folder):
        for name in sorted(folders) + sorted(files):
            path = Path(place, name)
            if path.is_symlink():
                message = f"{path} is a link: what it leads to would not be in the copy"
                raise OSError(message)
            if path.is_file():
                yield str(path.relative_to(folder))
        folders.sort()


def copied(source: Path, target: Path) -> dict[str, int | str]:
    """Copy a file with its mode, and give size and SHA-256 of what was read."""
    target.parent.mkdir(parents=True, exist_ok=True)  # within a folder for its owner alone
    found, size = hashlib.sha256(), 0
    with source.open("rb") as stream, target.open("xb") as written:
        while chunk := stream.read(CHUNK):
            found.update(chunk)
            size += len(chunk)
            written.write(chunk)
        written.flush()
        os.fsync(written.fileno())
    target.chmod(source.stat().st_mode & 0o7777)
    return {"size": size, "sha256": found.hexdigest()}


def compare(source: Path, copy: Path, files: dict[str, dict[str, int | str]]) -> list[str]:
    """Read the copy, list the source again, and tell what differs from what was copied."""
    problems = []
    for name, expected in files.items():
        with (copy / name).open("rb") as stream:
            actual = hashlib.file_digest(stream, "sha256").hexdigest()
        if actual != expected["sha256"]:
            problems.append(f"{name}: expected {expected['sha256']}, actual: {actual}")
        size = (source / name).stat().st_size if (source / name).is_file() else -1
        if size != expected["size"]:
            problems.append(f"{name}: the source changed while it was copied")
    problems += [
        f"{name}: came while others were copied" for name in names(source) if name not in files
    ]
    return problems


def write_manifest(copy: Path, source: Path, files: dict[str, dict[str, int | str]]) -> None:
    """Write what the copy holds beside it."""
    content = {"schema": SCHEMA, "source": str(source), "files": files}
    path = copy / "manifest.json"
    path.write_text(json.dumps(content, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    path.chmod(0o600)


if __name__ == "__main__":
    sys.exit(main())
