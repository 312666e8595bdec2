"""Put a copy that ``backup_artifacts.py`` has made back into the store, and prove it.

    python checks/mlflow/restore_artifacts.py --backups backups --target mlartifacts

It is the newest, or that of ``--record``, a file with what ``backup_artifacts.py`` has printed; a
record that says what was ``left out`` restores nothing. The copy is held against its manifest
before anything is touched. What is in the store then goes beside it, as
``<target>.replaced-<random>``, so that nothing is lost, and the copied files take its place and are
read again. Standard output is one JSON object. Exit codes: 0 the store is the copy; 1 the copy is
not what its manifest says, or the store not what the copy is; 2 there is none, or no way to write.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import sys
from pathlib import Path

from backup_artifacts import SCHEMA, compare, copied, names


def main() -> int:
    """Check, replace and compare; return the exit code."""
    options = parse_arguments()
    try:
        record = json.loads(options.record.read_bytes()) if options.record else {}
        if reason := record.get("left out"):
            print(json.dumps({"restored": False, "reason": reason}))
            return 0
        copy = Path(record["path"]) if record else newest(options.backups)
        files = manifest(copy)
        if problems := damaged(copy / "files", files):
            return told(copy, files, problems, kept="")
        kept = replace(copy / "files", options.target, files)
        problems = compare(options.target, options.target, files)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return told(copy, files, problems, kept)


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--backups", type=Path, help="where copies are kept")
    which.add_argument("--record", type=Path, help="what the backup has printed")
    parser.add_argument("--target", required=True, type=Path, help="the store's folder")
    return parser.parse_args()


def newest(backups: Path) -> Path:
    """Give the copy that was finished last: the manifest is written at the end."""
    found = sorted(backups.glob("artifacts-*/manifest.json"), key=lambda one: one.stat().st_mtime)
    if not found:
        message = f"there is no copy of artifacts in {backups}: run backup_artifacts.py first"
        raise OSError(message)
    return found[-1].parent


def manifest(copy: Path) -> dict[str, dict[str, int | str]]:
    """Read what the copy holds; no name may lead out of it."""
    content = json.loads((copy / "manifest.json").read_bytes())
    if content["schema"] != SCHEMA:
        message = f"{copy}/manifest.json is of the schema {content['schema']}, not {SCHEMA}"
        raise ValueError(message)
    files: dict[str, dict[str, int | str]] = content["files"]
    for name in files:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            message = f"{copy}/manifest.json names {name}, which is outside"
            raise ValueError(message)
    return files


def damaged(copy: Path, files: dict[str, dict[str, int | str]]) -> list[str]:
    """Read the copy, and tell what is not as the manifest says."""
    problems = [f"{name}: is not in the manifest" for name in names(copy) if name not in files]
    for name, expected in files.items():
        path = copy / name
        if not path.is_file() or digest_of(path) != expected["sha256"]:
            problems.append(f"{name}: is not what was copied, expected {expected['sha256']}")
    return problems


def digest_of(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def replace(copy: Path, target: Path, files: dict[str, dict[str, int | str]]) -> str:
    """Bring the files in beside the store, then exchange both; give where the old one is kept.

    A crash leaves the old store, whole, under its own name or under the one that is kept.
    """
    token = secrets.token_hex(4)
    fresh, kept = (target.with_name(f"{target.name}.{w}-{token}") for w in ("restored", "replaced"))
    fresh.mkdir(parents=True)
    if target.is_dir():
        fresh.chmod(target.stat().st_mode & 0o7777)
    for name in files:
        copied(copy / name, fresh / name)
    if not target.is_dir():
        fresh.rename(target)
        return ""
    target.rename(kept)
    fresh.rename(target)
    return str(kept)


def told(copy: Path, files: dict[str, dict[str, int | str]], problems: list[str], kept: str) -> int:
    """Print what came of it; return the exit code."""
    for problem in problems:
        print(problem, file=sys.stderr)
    size = sum(int(one["size"]) for one in files.values())
    what = {"schema": SCHEMA, "path": str(copy), "files": len(files), "bytes": size, "kept": kept}
    print(json.dumps({**what, "verified": not problems}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
