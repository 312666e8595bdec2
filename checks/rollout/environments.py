"""The environment of a release: made of its lock, once, and kept in the deployment's folder."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

from deployed import RolloutError

if TYPE_CHECKING:
    from pathlib import Path

    from deployed import Deployment

#: Seconds for one installation; a gigabyte over a slow line takes a while.
PATIENCE = 1800.0
#: Written once everything is there.
READY = "ready"
#: Prints the version of a package that is installed.
ASK = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


def place_of(deployment: Deployment, version: str, lock: Path) -> Path:
    """Give the folder of a release's environment, which is named after the lock's content."""
    try:
        digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    except OSError as error:
        message = f"cannot read the lock {lock}: {error.strerror}"
        raise RolloutError(message, "name it with --lock FILE") from error
    return deployment.home / "releases" / f"{version}-{digest[:12]}"


def environment(deployment: Deployment, package: str, version: str, lock: Path) -> bool:
    """Make it, and say whether that was done just now; RolloutError where it is not the release.

    What was begun and not ended is made anew.
    """
    folder = place_of(deployment, version, lock)
    fresh = not (folder / READY).exists()
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        make(folder, lock)
    python = folder / "bin" / "python"
    found = run((str(python), "-c", ASK, package)).strip()
    if found != version:
        message = f"{lock} installs {package} {found}, and the release is {version}"
        raise RolloutError(message, "make the lock of this release: runner bump")
    (folder / READY).touch()
    return fresh


def make(folder: Path, lock: Path) -> None:
    """Install the lock, every file of which must have a hash in it, by uv or by pip."""
    python = str(folder / "bin" / "python")
    if uv := shutil.which("uv"):
        run((uv, "venv", "--quiet", "--python", sys.executable, str(folder)))
        words = ("pip", "install", "--quiet", "--no-deps", "--require-hashes", "--compile-bytecode")
        run((uv, *words, "--python", python, "--requirement", str(lock)))
        return
    run((sys.executable, "-m", "venv", str(folder)))
    words = ("-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes")
    run((python, *words, "--requirement", str(lock)))


def run(argv: tuple[str, ...]) -> str:
    """Run a program to its end, and give what it printed; RolloutError where it fails."""
    try:
        done = subprocess.run(
            argv,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=sys.stderr,
            timeout=PATIENCE,
            text=True,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        message = f"{argv[0]}: {error}"
        raise RolloutError(message, "is it installed, and on PATH?") from error
    if done.returncode:
        message = f"{' '.join(argv[:3])} ended with exit code {done.returncode}"
        raise RolloutError(message, "see what it said above")
    return done.stdout
