"""The memory that a program takes."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_CODE = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak(*argv: str | Path, env: Mapping[str, str] | None = None) -> int:
    """Run a program to its end; give the most memory that it had at once, in KiB."""
    watched = [sys.executable, "-c", _CODE, *map(str, argv)]
    told = subprocess.run(watched, env=env, capture_output=True, check=True)
    return int(told.stdout) // (1024 if sys.platform == "darwin" else 1)  # getrusage(2): bytes
