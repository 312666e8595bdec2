"""Looks at the processes of the machine."""

from __future__ import annotations

import os
import resource
import shlex
import sys

import psutil

NAP = f"sleep 54321.{os.getpid()}"
"""A command line of this test process alone, so that suites may run side by side."""

_LEAVE = "import os, sys; os.setsid(); os.execvp(sys.argv[1], sys.argv[1:])"


def in_a_session(command: str) -> str:
    """Give the shell command that runs one in a session of its own: setsid(1), which macOS lacks.

    What it is about to run is in its own command line as well.
    """
    return f"{shlex.join([sys.executable, '-ISc', _LEAVE])} {command}"


def alive(word: str) -> list[str]:
    """Give the command lines of living processes that hold the word."""
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        line = " ".join(process.info["cmdline"] or ())
        if word in line and process.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(line)
    return found


def small_files() -> None:
    """Let no file of this process and its children grow beyond a megabyte, as on a full disk."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
