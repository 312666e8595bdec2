"""100,000 JUnit cases: the runner's reporter and the libraries."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

from bench.leftovers import remove
from bench.race import BrokenError, Contender, race, ratio
from bench.section import LANES, MIB, Section, below, lanes_table
from bench.tools import distribution, program

COUNT = 100_000
"""Cases."""


def _contender(folder: Path, name: str, version: str) -> Contender:
    target = folder / f"{name}.xml"
    return Contender(
        name,
        program("junit_files.py", name, str(COUNT), str(target)),
        folder,
        version,
        prepare=partial(remove, target),
        prove=partial(_prove, target),
        own_clock=True,
        memory=True,
    )


def _prove(target: Path) -> None:
    found: dict[str, int] = {}
    for _, element in ET.iterparse(target):
        found[element.tag] = found.get(element.tag, 0) + 1
        element.clear()
    cases, failures = found.get("testcase", 0), found.get("failure", 0)
    # The runner's report has a case for the check itself as well.
    if cases - COUNT not in {0, 1} or failures - COUNT // 20 not in {0, 1}:
        raise BrokenError(f"{cases} cases and {failures} failures were written")


def measure(folder: Path, rounds: int) -> Section:
    """Time from values to the closed file."""
    parser = f"{distribution('junitparser')}, lxml {distribution('lxml')}"
    contenders = [
        _contender(folder, "runner", distribution("upgrade-runner")),
        _contender(folder, "junitparser", parser),
        _contender(folder, "junit-xml", distribution("junit-xml")),
    ]
    lanes = race(contenders, rounds)
    what = f"{COUNT:,} JUnit cases written"
    peaks = ", ".join(
        f"{lane.contender.name} {max(lane.peaks) / MIB:.0f} MiB" for lane in lanes if lane.peaks
    )
    return Section(
        what,
        (
            "Of 20 cases 18 pass, one fails with a trace of 10 lines, and one is skipped.",
            "Timed from the cases as values to the closed file, without imports.",
            f"Peak memory of the process, the cases included: {peaks or 'not measured'}.",
        ),
        LANES,
        lanes_table(lanes),
        (
            below(f"{what}, against junitparser with lxml", ratio(lanes[0], lanes[1])),
            below(f"{what}, against junit-xml", ratio(lanes[0], lanes[2])),
        ),
    )
