"""How long it takes to look MLflow's packages up in a database of advisories."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from support.door import LocalDoor

from bench.advisories import Flaw, write
from bench.osv_server import serving
from bench.race import BrokenError, Contender, Lane, race, ratio
from bench.scan_reports import Found, read_pip_audit, read_runner, read_safety
from bench.section import LANES, MIB, Section, Verdict, lanes_table
from bench.tools import ROOT, program
from runner.advisories import tools
from runner.advisories.export.safety_db import export
from runner.advisories.export.safety_format import Schema
from runner.advisories.subjects.lock import Lock
from runner.advisories.tools import Tool

LOCK = "deployment/mlflow/requirements.txt"
"""What is scanned."""
COUNT = 10_000
"""Records of the database."""
SETTLED = 3.0
"""Seconds; of files that have just been written no index is kept."""
COLD, WARM = "no index", "index kept"
SECONDS = {COLD: 2.0, WARM: 0.5}
"""The budgets of the scan alone."""
MEMORY = 200
"""The budget of memory, in MiB."""
HEADER = (*LANES[:-1], "runner against it, no index", "runner against it, index kept")
"""Of the table."""
PIP_AUDIT = (
    "--no-deps", "--disable-pip", "--progress-spinner", "off", "--format", "json",
    "--vulnerability-service", "osv", "--osv-url",
)  # fmt: skip


@dataclass(frozen=True)
class Arena:
    """What all contenders work on."""

    folder: Path
    """Where they work."""
    versions: Mapping[str, str]
    """What is scanned: name to version."""
    flaws: Sequence[Flaw]
    """What the records tell of it."""
    door: LocalDoor
    """How the environments of the tools are made."""

    @property
    def database(self) -> Path:
        """The records."""
        return self.folder / "osv"

    @property
    def requirements(self) -> Path:
        """What is scanned, for the tools."""
        return self.folder / "requirements.txt"

    @property
    def affecting(self) -> list[Flaw]:
        """What every contender must find, and nothing else."""
        return [one for one in self.flaws if one.affecting]

    def prove(self, output: Path, read: Callable[[bytes], Found]) -> None:
        """Raise BrokenError where a report does not tell exactly what is known."""
        told = {(package, cve) for package, names in read(output.read_bytes()) for cve in names}
        found = {(package, cve) for package, cve in told if cve.startswith("CVE-")}
        known = {(one.package, one.cve) for one in self.affecting}
        if found != known:
            wrong = f"{len(known - found)} missed, {len(found - known)} too many"
            raise BrokenError(f"of {len(known)} flaws {wrong}")


def measure(folder: Path, rounds: int) -> Section:
    """Let the runner race with safety and pip-audit, all on the same records."""
    arena = _arena(folder)
    with serving(_answers(arena.flaws)) as url:
        contenders = [
            _runner(arena, COLD),
            _runner(arena, WARM),
            _safety(arena, Tool("safety", "3.7.0"), 3),
            _safety(arena, Tool("safety", "2.3.5"), 2),
            _pip_audit(arena, Tool("pip-audit", "2.10.1"), url),
            _runner(arena, COLD, alone=True),
            _runner(arena, WARM, alone=True),
        ]
        lanes = race(contenders, rounds)
    title = f"Scan against {COUNT:,} advisories"
    return Section(title, _prose(arena, lanes), HEADER, _rows(lanes), _verdicts(arena, lanes))


def _arena(folder: Path) -> Arena:
    door = LocalDoor(ROOT, folder / "scratch")
    versions = Lock(LOCK, sys.executable).inventory(door).versions
    arena = Arena(folder, versions, write(folder / "osv", versions, COUNT), door)
    (folder / "versions.json").write_text(json.dumps(dict(versions)), encoding="utf-8")
    lines = [f"{name}=={version}\n" for name, version in versions.items()]
    arena.requirements.write_text("".join(lines), encoding="utf-8")
    time.sleep(SETTLED)
    return arena


def _runner(arena: Arena, name: str, *, alone: bool = False) -> Contender:
    cache, output = arena.folder / f"cache ({name})", arena.folder / "runner.json"
    places = (arena.database, arena.folder / "versions.json", cache, output)

    def prepare() -> None:
        output.unlink(missing_ok=True)
        if name == COLD:
            shutil.rmtree(cache, ignore_errors=True)

    def prove() -> None:
        if not cache.is_dir():
            raise BrokenError("no index was kept")
        arena.prove(output, read_runner)

    return Contender(
        f"runner, {name}{', the scan alone' if alone else ''}",
        program("osv_scan.py", *map(str, places)),
        arena.folder,
        prepare=prepare,
        prove=prove,
        memory=True,
        own_clock=alone,
    )


def _safety(arena: Arena, tool: Tool, schema: Schema) -> Contender:
    database, output = arena.folder / str(tool), arena.folder / f"{tool}.json"
    if export(arena.database, schema, database).problems:
        raise BrokenError(f"not all records could be said to {tool}")
    files = ("-r", str(arena.requirements), "--db", str(database), "--save-json", str(output))
    return Contender(
        "safety",
        (str(tools.prepare(tool, arena.door)), "-m", "safety", "check", *files),
        arena.folder,
        tool.version,
        prepare=partial(output.unlink, missing_ok=True),
        prove=partial(arena.prove, output, read_safety),
        memory=True,
        exit_code=64,
    )


def _pip_audit(arena: Arena, tool: Tool, url: str) -> Contender:
    output, cache = arena.folder / f"{tool}.json", arena.folder / "pip-audit"
    files = ("--cache-dir", str(cache), "-r", str(arena.requirements), "--output", str(output))

    def clear() -> None:
        output.unlink(missing_ok=True)
        shutil.rmtree(cache, ignore_errors=True)

    return Contender(
        "pip-audit, a server of OSV's API",
        (str(tools.prepare(tool, arena.door)), "-m", "pip_audit", *PIP_AUDIT, url, *files),
        arena.folder,
        tool.version,
        env={"NO_PROXY": "127.0.0.1"},
        prepare=clear,
        prove=partial(arena.prove, output, read_pip_audit),
        memory=True,
        exit_code=1,
    )


def _answers(flaws: Sequence[Flaw]) -> Mapping[str, bytes]:
    """Give the server's answers, by package."""
    found: dict[str, list[object]] = {}
    for flaw in flaws:
        if flaw.affecting:
            found.setdefault(flaw.package, []).extend(flaw.records)
    return {package: json.dumps({"vulns": told}).encode() for package, told in found.items()}


def _prose(arena: Arena, lanes: Sequence[Lane]) -> tuple[str, ...]:
    size = sum(one.stat().st_size for one in arena.database.iterdir()) / MIB
    peaks = [
        f"{lane.contender.name} {lane.contender.version}".strip() + f" {_peak(lane)} MiB"
        for lane in lanes[:5]
        if not lane.broken
    ]
    return (
        (
            f"The {len(arena.versions)} packages of MLflow's lock are looked up in {COUNT:,}"
            f" made-up records of {size:.0f} MiB, a file each, which the system has in its cache."
        ),
        (
            f"All must find the same {len(arena.affecting)} flaws, which are known beforehand;"
            " what finds others is broken."
        ),
        (
            "`no index` reads every record, and writes the index; `index kept` looks at each file's"
            " times and size, and reads the records of the packages."
        ),
        (
            "safety reads a database of its own, exported from the records beforehand: two files"
            " with the ranges of all packages, checked already and joined by their aliases."
        ),
        (
            "pip-audit asks a server on this machine, package by package, which has the answers"
            " ready: the search itself is not in its time, and a real server is farther away."
        ),
        (
            "All are timed as whole processes, except for the last two rows, which the budgets"
            " are about."
        ),
        f"Peak memory of the process: {', '.join(peaks)}.",
    )


def _rows(lanes: Sequence[Lane]) -> tuple[tuple[str, ...], ...]:
    """Give the usual table, with the ratios of both ways of the runner's to the tools."""
    told = [row[:-1] for row in lanes_table(lanes)]
    cold, warm, *others = lanes[:-2]
    ratios = [
        (str(ratio(cold, one) or "not measured"), str(ratio(warm, one) or "not measured"))
        if one in others
        else ("", "")
        for one in lanes
    ]
    return tuple((*row, *pair) for row, pair in zip(told, ratios, strict=True))


def _peak(lane: Lane) -> int:
    return round(max(lane.peaks) / MIB)


def _verdicts(arena: Arena, lanes: Sequence[Lane]) -> tuple[Verdict, ...]:
    alone = dict(zip(SECONDS, lanes[-2:], strict=True))
    what = f"scan of {len(arena.versions)} packages against {COUNT:,} records"
    times = [_seconds(f"{what}, {name}", SECONDS[name], lane) for name, lane in alone.items()]
    sound = [lane for lane in lanes[:2] if not lane.broken]
    peak = max(map(_peak, sound), default=0)
    met = peak < MEMORY if len(sound) == 2 else None
    memory = f"{peak} MiB" if sound else "not measured"
    return (*times, Verdict(f"{what}, peak memory", f"under {MEMORY} MiB", memory, met))


def _seconds(what: str, limit: float, lane: Lane) -> Verdict:
    if lane.broken:
        return Verdict(what, f"under {limit:g} s", "not measured", None)
    return Verdict(what, f"under {limit:g} s", f"{lane.median:.2f} s", lane.median < limit)
