"""``runner merge`` of 256 shards with 100,000 results: its time and its memory."""

from __future__ import annotations

import json
import statistics
import sys
from functools import partial
from pathlib import Path

from bench.leftovers import put_aside
from bench.race import BrokenError, Contender, Lane, race
from bench.section import MIB, Section, Verdict
from bench.shards import CHECKS, SHARDS, make
from bench.tools import RUNNER, distribution

_SLOWEST = 10.0
"""Seconds."""
_LARGEST = 300 * MIB
"""Peak memory, in bytes."""
_PAGE = 5_000_000
"""Bytes of report.html."""


def measure(folder: Path, rounds: int) -> Section:
    """Merge, and beside it join the shards' JUnit files alone."""
    failed = make(folder / "shards")
    lanes = race([_runner(folder, failed), _junitparser(folder)], rounds)
    what = f"merge of {SHARDS} shards with {CHECKS:,} results"
    page = folder / "joined" / "live" / "report.html"
    size = page.stat().st_size if page.exists() else None
    return Section(
        what[0].upper() + what[1:],
        (
            "Each shard has its record, its journal and a log for each check; one in 50 fails.",
            (
                "All chains and all files are verified, and run.json, junit.xml, summary.md and"
                " report.html are written."
            ),
            "`junitparser merge` joins the shards' JUnit files, and nothing else.",
        ),
        ("", "version", "median", "spread", "peak memory"),
        tuple(_row(lane) for lane in lanes),
        (
            _limit(f"{what}: time", lanes[0]),
            _memory(f"{what}: peak memory", lanes[0]),
            Verdict(
                f"{what}: report.html",
                "below 5 MB",
                "not measured" if size is None else f"{size / 1e6:.2f} MB",
                None if size is None else size < _PAGE,
            ),
        ),
    )


def _runner(folder: Path, failed: int) -> Contender:
    output = folder / "joined"
    return Contender(
        "runner",
        (str(RUNNER), "merge", "-q", "--output", str(output), str(folder / "shards")),
        folder,
        distribution("upgrade-runner"),
        prepare=partial(put_aside, output),
        prove=partial(_prove, output / "live", failed),
        memory=True,
        exit_code=1,
    )


def _prove(live: Path, failed: int) -> None:
    run = json.loads((live / "verification" / "run.json").read_bytes())
    outcomes = [result["outcome"] for result in run["results"]]
    told = (len(outcomes), outcomes.count("failed"), outcomes.count("passed"))
    if told != (CHECKS, failed, CHECKS - failed):
        raise BrokenError(f"{told[0]} results, {told[1]} failed, {told[2]} passed")
    logs = sum(1 for _ in (live / "verification" / "logs").iterdir())
    if logs != CHECKS:
        raise BrokenError(f"{logs} logs were brought")
    cases = (live / "verification" / "junit.xml").read_bytes().count(b"<testcase ")
    if cases != CHECKS:
        raise BrokenError(f"{cases} cases in junit.xml")


def _junitparser(folder: Path) -> Contender:
    program = Path(sys.executable).with_name("junitparser")
    pattern = f"{folder}/shards/*/live/verification/junit.xml"
    return Contender(
        "junitparser merge",
        (str(program), "merge", "--glob", pattern, str(folder / "junit.xml")),
        folder,
        distribution("junitparser"),
        memory=True,
        most_rounds=2,
    )


def _row(lane: Lane) -> tuple[str, ...]:
    name, version = lane.contender.name, lane.contender.version
    if lane.broken:
        return name, version, "broken", lane.broken.replace("|", "/")[:160], ""
    low, high = min(lane.seconds), max(lane.seconds)
    spread = f"{low:.2f}-{high:.2f} ({len(lane.seconds)} rounds)"
    return name, version, f"{lane.median:.2f} s", spread, f"{max(lane.peaks) / MIB:.0f} MiB"


def _limit(what: str, lane: Lane) -> Verdict:
    if lane.broken:
        return Verdict(what, "below 10 s", "not measured", None)
    median = statistics.median(lane.seconds)
    return Verdict(what, "below 10 s", f"{median:.2f} s", median < _SLOWEST)


def _memory(what: str, lane: Lane) -> Verdict:
    if lane.broken:
        return Verdict(what, "below 300 MiB", "not measured", None)
    peak = max(lane.peaks)
    return Verdict(what, "below 300 MiB", f"{peak / MIB:.0f} MiB", peak < _LARGEST)
