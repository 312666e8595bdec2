"""Runs the command line as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from runner.reporters.ci import DETECTED_BY

BIN = Path(sys.executable).parent


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Give an environment whose ``python`` is this one, outside of CI and without settings."""
    known = os.environ.items()
    unset = ("RUNNER_", *DETECTED_BY)
    kept = {name: value for name, value in known if not name.startswith(unset)}
    path = f"{BIN}{os.pathsep}{kept.get('PATH', '')}"
    return {**kept, "PATH": path, "NO_COLOR": "1", **(extra or {})}


def runner(
    *args: str, cwd: Path, env: Mapping[str, str] | None = None, limit: float = 120
) -> subprocess.CompletedProcess[str]:
    """Run ``runner`` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "runner", *args],
        cwd=cwd,
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=limit,
        check=False,
        stdin=subprocess.DEVNULL,
    )
