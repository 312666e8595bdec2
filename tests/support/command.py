"""Runs the command line as a user does."""

from __future__ import annotations

import os
import subprocess
import sys
import time
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


def killed(*args: str, cwd: Path, env: Mapping[str, str], sign: Path) -> None:
    """Run ``runner``, and kill it (``kill -9``) once a file is there that it makes anew."""
    sign.unlink(missing_ok=True)  # of the time before
    argv = [sys.executable, "-m", "runner", *args]
    with subprocess.Popen(
        argv, cwd=cwd, env=environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as running:
        while not sign.exists():
            assert running.poll() is None, f"{sign} does not appear"
            time.sleep(0.01)
        running.kill()
