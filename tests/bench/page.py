"""``report.html`` of 10,000 checks: its size, and how long a browser takes to open it."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from support.browser import browsing, executable, visit

from bench.playbooks import OUTPUT, no_ops, repository
from bench.race import BrokenError
from bench.section import Section, Verdict
from bench.tools import RUNNER

COUNT = 10_000
"""Checks."""
_LARGEST = 5_000_000
"""Bytes."""
_SLOWEST = 2.0
"""Seconds from the start of the navigation to the end of the load event."""
_LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
"""Milliseconds (W3C Navigation Timing Level 2, section 3.3)."""


def measure(folder: Path, rounds: int) -> Section:
    """Run the checks, and open their report in a fresh context each time."""
    rows, verdicts = [], []
    for program, ended in (("/bin/true", "passed"), ("/bin/false", "failed")):
        rows_of = no_ops(COUNT).replace("/bin/true", program)
        page = _report(folder / ended, rows_of, failing=ended == "failed")
        size, seconds = page.stat().st_size, _opened(page, rounds)
        shown = _shown(seconds)
        met = statistics.median(seconds) < _SLOWEST if seconds else None
        what = f"report.html of {COUNT:,} checks that {ended}"
        rows.append((f"all {ended}", f"{size / 1e6:.2f} MB", shown))
        verdicts += [
            Verdict(f"{what}: size", "below 5 MB", f"{size / 1e6:.2f} MB", size < _LARGEST),
            Verdict(f"{what}: opened in Chromium", "below 2 s", shown, met),
        ]
    return Section(
        f"report.html of {COUNT:,} checks",
        (
            "The checks run `/bin/true`, or `/bin/false`.",
            "Headless Chromium opens the report from the disk.",
            "The time is from the start of the navigation to the end of the load event.",
        ),
        ("", "size", "median to open"),
        tuple(rows),
        tuple(verdicts),
    )


def _report(folder: Path, rows: str, *, failing: bool) -> Path:
    """Run checks, and give the report of them."""
    place = repository(folder, rows)
    command = [str(RUNNER), "validate", "-q"]
    done = subprocess.run(command, cwd=place, check=False, capture_output=True)
    if done.returncode != failing:
        raise BrokenError(f"exit code {done.returncode}")
    return place / OUTPUT / "live" / "report.html"


def _shown(seconds: list[float]) -> str:
    if seconds:
        return f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"
    sys.stderr.write("    no Chromium on the PATH: opening is not measured\n")
    return "not measured"


def _opened(page: Path, rounds: int) -> list[float]:
    """Give the seconds of each round; none where there is no browser."""
    if executable() is None:
        return []
    with browsing() as browser:
        seconds = []
        for _ in range(rounds + 1):  # the first is not counted
            context = browser.new_context()
            found = visit(context, page)
            seconds.append(float(found.page.evaluate(_LOADED)) / 1000)
            context.close()
    return seconds[1:]
