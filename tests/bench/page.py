"""``report.html`` of 10,000 checks: its size, and how long a browser takes to open it."""

from __future__ import annotations

import statistics
import subprocess
import sys
from pathlib import Path

from support.browser import browsing, executable, visit

from bench.playbooks import OUTPUT, no_ops, repository
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
    place = repository(folder / "repository", no_ops(COUNT))
    subprocess.run([RUNNER, "validate", "-q"], cwd=place, check=True, capture_output=True)
    page = place / OUTPUT / "live" / "report.html"
    size, seconds = page.stat().st_size, _opened(page, rounds)
    if seconds:
        shown = f"{statistics.median(seconds):.2f} s ({min(seconds):.2f}-{max(seconds):.2f})"
    else:
        sys.stderr.write("    no Chromium on the PATH: opening is not measured\n")
        shown = "not measured"
    met = statistics.median(seconds) < _SLOWEST if seconds else None
    what = f"report.html of {COUNT:,} checks"
    return Section(
        what,
        (
            "The checks run `/bin/true`; headless Chromium opens the report from the disk.",
            "The time is from the start of the navigation to the end of the load event.",
        ),
        ("", "size", "median to open"),
        (("report.html", f"{size / 1e6:.2f} MB", shown),),
        (
            Verdict(f"{what}: size", "below 5 MB", f"{size / 1e6:.2f} MB", size < _LARGEST),
            Verdict(f"{what}: opened in Chromium", "below 2 s", shown, met),
        ),
    )


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
