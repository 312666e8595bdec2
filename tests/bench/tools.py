"""Where the programs are that are measured, and their versions."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository."""
RUNNER = Path(os.environ.get("BENCH_RUNNER", ROOT / ".venv" / "bin" / "runner"))
"""The runner's command."""
PROGRAMS = Path(__file__).parent / "programs"
"""Small programs that take part."""
BATS = "1.13.0"
"""The release of bats that npm is asked for; Debian's is taken where there is no npm."""


def distribution(name: str) -> str:
    """Give the version of an installed distribution, or say that there is none."""
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


def first_line(*argv: str) -> str:
    """Give the first line that a command prints, or say that it cannot be run."""
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"not found ({type(error).__name__})"
    return (done.stdout or done.stderr).strip().split("\n")[0]


def program(name: str, *arguments: str) -> tuple[str, ...]:
    """Give the argv of one of the small programs, run by the bench's interpreter."""
    return (sys.executable, str(PROGRAMS / name), *arguments)


def bats(folder: Path) -> Path | None:
    """Find bats: by npm in a folder of the bench's own, else on the PATH."""
    if npm := shutil.which("npm"):
        command = [npm, "install", "--silent", "--no-audit", "--no-fund"]
        command += ["--prefix", str(folder), f"bats@{BATS}"]
        done = subprocess.run(command, capture_output=True, check=False, timeout=300)
        found = folder / "node_modules" / "bats" / "bin" / "bats"
        if done.returncode == 0 and found.exists():
            return found
    on_path = shutil.which("bats")
    return Path(on_path) if on_path else None


def processor() -> str:
    """Give the processor's name."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in text.splitlines() if "model name" in line]
    return names[0] if names else platform.machine()


def machine() -> dict[str, str]:
    """Describe what was measured on, without naming the machine."""
    commit = first_line("git", "-C", str(ROOT), "describe", "--always", "--dirty")
    return {
        "Processor": f"{processor()}, {os.cpu_count()} cores",
        "System": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "Runner": f"{first_line(str(RUNNER), '--version')} (commit {commit})",
    }
