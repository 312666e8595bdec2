"""A dossier of 1 GiB, sealed and verified: time against tar, gzip and sha256sum, and memory."""

from __future__ import annotations

import base64
import random
import subprocess
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.leftovers import remove
from bench.playbooks import OUTPUT, repository
from bench.race import BrokenError, Contender, Lane, race, ratio
from bench.section import LANES, MIB, Section, Verdict, at_most, lanes_table
from bench.tools import RUNNER

SIZES = (64, 1024)
"""MiB of the dossier; the second is that of the budget."""
GROWTH = 8 * MIB
"""Bytes that 960 MiB more may take before memory counts as growing."""
_FILE = 4 * MIB
"""Bytes of each log."""
_SEALINGS = 3
"""Rounds of what takes a minute."""


def measure(folder: Path, rounds: int) -> Section:
    """Seal and verify, beside what does the same work with the system's tools."""
    small, large = (_dossier(folder / str(size), size) for size in SIZES)
    seals = race(list(_seals(large, small)), rounds)
    checks = race(list(_checks(large, small)), rounds)
    rows = (*lanes_table(seals, others=1), *lanes_table(checks, others=1))
    prose = (
        f"The dossier holds {SIZES[1]} MiB in logs of 4 MiB: half are log lines, half is base64.",
        "`sha256sum` reads the files that tar has unpacked; nothing is unpacked to verify.",
    )
    verdicts = (
        at_most("sealing 1 GiB, against tar and gzip", 1.0, ratio(seals[0], seals[1])),
        at_most("verification, against sha256sum", 1.3, ratio(checks[0], checks[1])),
        _memory("sealing: growth of memory", seals),
        _memory("verification: growth of memory", checks),
    )
    return Section("A dossier of 1 GiB, sealed and verified", prose, LANES, rows, verdicts)


def _dossier(home: Path, size: int) -> Path:
    """Make one by a run of nothing, and put logs into it."""
    home.mkdir()
    place = repository(home, '    - {area: nothing, run: ["true"]}\n')
    subprocess.run([RUNNER, "validate", "-q"], cwd=place, check=True, capture_output=True)
    logs = place / OUTPUT / "live" / "verification" / "logs"
    chance = random.Random(1)  # noqa: S311 - the same in every run
    for number in range(size * MIB // _FILE):
        (logs / f"{number}.1.log").write_bytes(_log(chance, lines=number % 2 == 0))
    return place


def _log(chance: random.Random, *, lines: bool) -> bytes:
    if not lines:
        return base64.b64encode(chance.randbytes(_FILE * 3 // 4))
    numbers = (chance.randrange(1 << 30) for _ in range(_FILE // 64))
    return b"".join(
        b"2026-11-22 12:00:00 INFO worker: request %010d took %3d ms\n" % (one, one % 997)
        for one in numbers
    )


def _seals(large: Path, small: Path) -> Iterator[Contender]:
    yield _seal(large, "1 GiB")
    yield Contender(
        "tar and gzip, in a pipe",
        ("sh", "-c", "tar -c live | gzip >tar.out"),
        large / OUTPUT,
        prove=partial(remove, large / OUTPUT / "tar.out"),
        most_rounds=_SEALINGS,
    )
    yield _seal(small, "64 MiB")


def _seal(place: Path, name: str) -> Contender:
    return Contender(
        f"runner bundle, {name}",
        (str(RUNNER), "bundle", "--json"),
        place,
        prove=partial(_prove, place),
        memory=True,
        most_rounds=_SEALINGS,
    )


def _checks(large: Path, small: Path) -> Iterator[Contender]:
    bundle = _bundle(large)
    subprocess.run(["tar", "-xzf", bundle, "-C", large], check=True)
    folder = large / bundle.name.removesuffix(".tar.gz")
    yield _check(large, "1 GiB")
    yield Contender(
        "sha256sum", ("sh", "-c", "find . -type f -print0 | xargs -0 sha256sum >/dev/null"), folder
    )
    yield _check(small, "64 MiB")


def _check(place: Path, name: str) -> Contender:
    # One that says nothing of problems has looked at every byte, or its exit code would be 1.
    return Contender(
        f"runner verify, {name}", (str(RUNNER), "verify", str(_bundle(place))), place, memory=True
    )


def _prove(place: Path) -> None:
    _bundle(place)


def _bundle(place: Path) -> Path:
    found = list((place / OUTPUT).glob("*.tar.gz"))
    if len(found) != 1:
        raise BrokenError(f"{len(found)} bundles were written")
    return found[0]


def _memory(what: str, lanes: Sequence[Lane]) -> Verdict:
    large, _, small = lanes
    budget = f"below {GROWTH // MIB} MiB"
    if large.broken or small.broken:
        return Verdict(what, budget, "not measured", None)
    most, least = max(large.peaks), max(small.peaks)
    measured = f"{least / MIB:.1f} MiB at {SIZES[0]} MiB, {most / MIB:.1f} MiB at {SIZES[1]} MiB"
    return Verdict(what, budget, measured, most - least <= GROWTH)
