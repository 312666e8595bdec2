"""Playbooks made for measuring, each in a git repository of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from bench.race import BrokenError

HEAD = """\
release: {package: bench, version: 1.0.0}
stages:
  verification:
"""
OUTPUT = "analysis_outputs"
"""The runner's default output folder."""


def repository(folder: Path, rows: str) -> Path:
    """Make a repository with one commit, whose playbook has these rows; give its folder."""
    config = folder / "config"
    config.mkdir(parents=True)
    (config / "bench_release.yaml").write_text(HEAD + rows, encoding="utf-8")
    (folder / ".gitignore").write_text(f"/{OUTPUT}/\n.aside-*/\n", encoding="utf-8")
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.invalid")
    for arguments in (("init", "-q"), ("add", "."), ("commit", "-q", "-m", "Bench")):
        subprocess.run([*git, *arguments], cwd=folder, check=True, timeout=60)
    return folder


def no_ops(count: int) -> str:
    """Give rows that run ``/bin/true``, short enough for 10,000 of them in 1 MiB."""
    return "".join(f"    - {{area: c{number}, run: [/bin/true]}}\n" for number in range(count))


def prove_passed(folder: Path, count: int) -> None:
    """Hold the dossier of the last run against what it must hold, log files included."""
    stage = folder / OUTPUT / "live" / "verification"
    try:
        run = json.loads((stage / "run.json").read_bytes())
        outcomes = [result["outcome"] for result in run["results"]]
    except (OSError, ValueError, KeyError) as error:
        raise BrokenError(f"no usable run.json: {error!r}") from error
    if outcomes != ["passed"] * count:
        raise BrokenError(f"{outcomes.count('passed')} of {count} checks passed")
    for name in ("junit.xml", "../journal.jsonl"):
        if not (stage / name).is_file():
            raise BrokenError(f"{name} is missing")
