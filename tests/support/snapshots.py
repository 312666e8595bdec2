"""Snapshots of an MLflow server as files: written as the format says, and compared."""

from __future__ import annotations

import gzip
import hashlib
import json
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "checks" / "mlflow"
SCHEMA = "upgrade-runner/mlflow-snapshot/2"

Lines = list[dict[str, Any]]


@dataclass(frozen=True)
class Compared:
    """What the comparison of two snapshots came to."""

    code: int
    """Exit code."""
    told: dict[str, Any]
    """Its JSON; empty where it printed none."""
    errors: list[str]
    """Lines of stderr."""


def lines_of(path: Path) -> Lines:
    """Read the lines of a snapshot between the first and the last."""
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        return [json.loads(line) for line in stream][1:-1]


def write(path: Path, lines: Iterable[dict[str, Any]], schema: str = SCHEMA) -> Path:
    """Write a snapshot that is whole."""
    sums: dict[str, tuple[int, int]] = {}
    texts = []
    for line in lines:
        text = json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        count, total = sums.get(line["kind"], (0, 0))
        digest = int(hashlib.sha256(text.encode()).hexdigest(), 16)
        sums[line["kind"]] = (count + 1, (total + digest) % 2**256)
        texts.append(text)
    end = {kind: {"count": n, "sha256": f"{total:064x}"} for kind, (n, total) in sums.items()}
    whole = [json.dumps({"schema": schema}), *texts, json.dumps({"contents": end})]
    path.write_bytes(gzip.compress("".join(f"{one}\n" for one in whole).encode()))
    return path


def compare(before: Path, after: Path, *options: str) -> Compared:
    """Run the comparison, which needs nothing but Python."""
    program = str(PROGRAMS / "compare_snapshots.py")
    argv = [sys.executable, program, str(before), str(after), *options]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=300)
    told = json.loads(done.stdout) if done.stdout else {}
    return Compared(done.returncode, told, done.stderr.splitlines())
