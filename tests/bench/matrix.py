"""1,000 commands that do nothing: what the runner and the field's tools make of them."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from xml.etree import ElementTree as ET

from bench import tools
from bench.leftovers import put_aside
from bench.playbooks import OUTPUT, no_ops, prove_passed, repository
from bench.race import BrokenError, Contender, race, ratio
from bench.section import LANES, Section, at_most, below, lanes_table

COUNT = 1000
"""Checks."""
BASH_LOOP = """\
set -u
mkdir logs
number=0
while [ "$number" -lt {count} ]; do
  /bin/true >"logs/$number.log" 2>&1
  echo "$number $?" >>results
  number=$((number + 1))
done
"""
PYTEST = """\
import subprocess
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_command(number):
    subprocess.run(["/bin/true"], check=True, timeout=900, capture_output=True)
"""


def contenders(folder: Path, count: int) -> list[Contender]:
    """Give the runner and everyone who runs the same commands."""
    makers = (_runner, _bash, _bats, _chaostoolkit, _pytest)
    made = []
    for maker in makers:
        home = folder / maker.__name__.strip("_")
        home.mkdir()
        made.append(maker(home, count))
    return made


def _runner(home: Path, count: int) -> Contender:
    place = repository(home / "repository", no_ops(count))
    return Contender(
        "runner",
        (str(tools.RUNNER), "validate", "-q"),
        place,
        tools.distribution("upgrade-runner"),
        prepare=partial(put_aside, place / OUTPUT),
        prove=partial(prove_passed, place, count),
    )


def _bash(home: Path, count: int) -> Contender:
    (home / "loop.sh").write_text(BASH_LOOP.format(count=count), encoding="utf-8")

    def prove() -> None:
        results = (home / "results").read_text(encoding="utf-8").splitlines()
        good = sum(line.endswith(" 0") for line in results)
        logs = len(list((home / "logs").iterdir()))
        _expect("bash", min(good, logs), count)

    return Contender(
        "bash loop, a log a command",
        ("bash", "loop.sh"),
        home,
        tools.first_line("bash", "--version").removeprefix("GNU bash, version ").split(" ")[0],
        prepare=partial(put_aside, home / "logs", home / "results"),
        prove=prove,
    )


def _bats(home: Path, count: int) -> Contender:
    found = tools.bats(home / "npm")
    tests = "".join(f'@test "c{number}" {{ /bin/true; }}\n' for number in range(count))
    (home / "matrix.bats").write_text(tests, encoding="utf-8")
    argv = (str(found or "bats"), "--report-formatter", "junit", "--output", ".", "matrix.bats")
    return Contender(
        "bats",
        argv,
        home,
        tools.first_line(str(found), "--version").removeprefix("Bats ") if found else "",
        prepare=partial(put_aside, home / "report.xml"),
        prove=partial(_prove_junit, "bats", home / "report.xml", count),
        most_rounds=2,
    )


def _chaostoolkit(home: Path, count: int) -> Contender:
    probe = {"type": "process", "path": "/bin/true", "timeout": 900}
    method = [{"type": "probe", "name": f"c{number}", "provider": probe} for number in range(count)]
    experiment = {"title": "bench", "description": "bench", "method": method}
    (home / "experiment.json").write_text(json.dumps(experiment), encoding="utf-8")

    def prove() -> None:
        journal = json.loads((home / "journal.json").read_bytes())
        good = sum(entry["status"] == "succeeded" for entry in journal["run"])
        _expect("chaostoolkit", good, count)

    chaos = Path(tools.program("")[0]).parent / "chaos"
    return Contender(
        "chaostoolkit",
        (str(chaos), "--no-version-check", "run", "experiment.json"),
        home,
        tools.distribution("chaostoolkit"),
        prepare=partial(put_aside, home / "journal.json", home / "chaostoolkit.log"),
        prove=prove,
    )


def _pytest(home: Path, count: int) -> Contender:
    (home / "test_matrix.py").write_text(PYTEST.format(count=count), encoding="utf-8")
    return Contender(
        "pytest",
        (tools.program("")[0], "-m", "pytest", "-q", "-p", "no:cacheprovider", "--junitxml=r.xml"),
        home,
        tools.distribution("pytest"),
        prepare=partial(put_aside, home / "r.xml"),
        prove=partial(_prove_junit, "pytest", home / "r.xml", count),
    )


def _prove_junit(name: str, report: Path, count: int) -> None:
    cases = list(ET.parse(report).getroot().iter("testcase"))
    _expect(name, sum(not list(case.iter("failure")) for case in cases), count)


def _expect(name: str, found: int, count: int) -> None:
    if found != count:
        raise BrokenError(f"{name} did {found} of {count}")


def measure(folder: Path, rounds: int) -> Section:
    """Compare the runner, evidence and all, with everyone who runs the same commands."""
    lanes = race(contenders(folder, COUNT), rounds)
    ours, bash, *others = lanes
    verdicts = [at_most(f"{COUNT:,} no-op checks, against a bash loop", 2.0, ratio(ours, bash))]
    for lane in others:
        what = f"{COUNT:,} no-op checks, against {lane.contender.name}"
        verdicts.append(below(what, ratio(ours, lane)))
    prose = (
        f"{COUNT:,} checks run `/bin/true`, one after another.",
        (
            "The runner writes its full evidence: journal, run.json, JUnit XML and the page; a log"
            " for each check that prints, which these do not."
        ),
        (
            "The bash loop writes a log and an exit code a command; bats and pytest write JUnit"
            " XML, chaostoolkit its journal."
        ),
        "After each round the results are counted; whoever did not run everything is broken.",
    )
    return Section(f"{COUNT:,} no-op checks", prose, LANES, lanes_table(lanes), tuple(verdicts))
