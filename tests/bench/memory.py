"""Peak memory of one process, without that of its children."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import psutil

PAUSE = 0.005
"""Seconds between two looks; Linux keeps the peak itself, so only a late rise can be missed."""


def high_water(pid: int) -> int:
    """Give the peak resident memory in bytes so far (`proc_pid_status(5)`: VmHWM, in kB).

    Elsewhere than on Linux it is the resident memory of the moment. 0 says that it has ended.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return _resident(pid)
    except OSError:
        return 0
    for line in status.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def _resident(pid: int) -> int:
    try:
        return int(psutil.Process(pid).memory_info().rss)
    except psutil.Error:
        return 0


def watch(pid: int) -> Callable[[], int]:
    """Watch a process from a thread; the answer is called after its end and gives its peak."""
    peak = 0

    def look() -> None:
        nonlocal peak
        while now := high_water(pid):
            peak = max(peak, now)
            time.sleep(PAUSE)

    thread = threading.Thread(target=look, daemon=True)
    thread.start()

    def answer() -> int:
        thread.join(timeout=1)
        return peak

    return answer
