"""A check that prints 1 GiB with ten secrets in it: time, memory, and whether they are gone."""

from __future__ import annotations

import mmap
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.leftovers import remove
from bench.playbooks import OUTPUT, prove_passed, repository
from bench.race import BrokenError, Contender, Lane, race, ratio
from bench.section import LANES, MIB, Section, Verdict, at_most, lanes_table
from bench.tools import RUNNER, program

SIZES = (64, 1024)
"""MiB that the check prints; the second is that of the budget."""
LIMIT = 64 * MIB
"""Peak memory allowed, in bytes."""
GROWTH = 4 * MIB
"""Bytes that 960 MiB more output may take before it counts as growing; rounds differ by 2 MiB."""
SECRETS = {f"BENCH_SECRET_{number}": f"s3cr3t-{number}-{'xyz' * 8}{number}" for number in range(10)}
"""Made-up secrets, by the name of their variable."""
FILLERS = ("plain", "noise")
"""Log lines, and base64 of random bytes."""


def measure(folder: Path, rounds: int) -> Section:
    """Compare with bare copies of the same pipe, for both fillers."""
    rows: list[tuple[str, ...]] = []
    verdicts: list[Verdict] = []
    for filler in FILLERS:
        home = folder / filler
        home.mkdir()
        lanes = race(list(_contenders(home, filler)), rounds)
        rows += lanes_table(lanes, others=1)
        verdicts += _verdicts(filler, lanes)
    prose = (
        (
            f"The check prints {SIZES[1]} MiB; ten secrets come up in one block of 16,"
            " some of them across block boundaries."
        ),
        "After each round the log is searched for them, and its size is compared.",
        "`plain` is log lines, `noise` is base64 of random bytes.",
        (
            "The bare copies read and write 1 MiB at a time, or are `cat`; they redact nothing and"
            " hash nothing."
        ),
    )
    return Section("A check that prints 1 GiB", prose, LANES, tuple(rows), tuple(verdicts))


def _contenders(home: Path, filler: str) -> Iterator[Contender]:
    small, large = SIZES
    yield _runner(home, filler, large)
    yield _pipe(home, filler, "python copy loop", "exec {copy} {out}")
    yield _pipe(home, filler, "python copy loop, fsync", "exec {copy} {out} fsync")
    yield _pipe(home, filler, "cat", "exec cat >{out}")
    yield _runner(home, filler, small)


def _runner(home: Path, filler: str, size: int) -> Contender:
    argv = ", ".join(f'"{word}"' for word in program("producer.py", str(size), filler))
    rows = f"    - area: flood\n      run: [{argv}]\n      secrets: [{', '.join(SECRETS)}]\n"
    place = repository(home / str(size), rows)
    return Contender(
        f"runner, {size} MiB, {filler}",
        (str(RUNNER), "validate", "-q"),
        place,
        env=SECRETS,
        prepare=partial(remove, place / OUTPUT),
        prove=partial(_prove, place, size),
        memory=True,
    )


def _pipe(home: Path, filler: str, name: str, consumer: str) -> Contender:
    producer = " ".join(f'"{word}"' for word in program("producer.py", str(SIZES[1]), filler))
    copy = " ".join(f'"{word}"' for word in program("pipe_to_file.py"))
    out = home / "copy.out"
    script = f"{producer} | {consumer.format(copy=copy, out=out.name)}"
    return Contender(
        f"{name}, {filler}",
        ("sh", "-c", script),
        home,
        env=SECRETS,
        prepare=partial(remove, out),
        prove=partial(_prove_size, out, SIZES[1]),
    )


def _prove(place: Path, size: int) -> None:
    prove_passed(place, 1)
    (log,) = (place / OUTPUT / "live" / "verification" / "logs").iterdir()
    _prove_size(log, size)
    with log.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        for value in SECRETS.values():
            if content.find(value.encode()) >= 0:
                raise BrokenError("a secret is in the log")
    remove(log)


def _prove_size(file: Path, size: int) -> None:
    found = file.stat().st_size
    if not 0.99 < found / (size * MIB) < 1.01:
        raise BrokenError(f"{found} bytes were written, where {size} MiB were printed")


def _verdicts(filler: str, lanes: Sequence[Lane]) -> Iterator[Verdict]:
    large, copy, _, cat, small = lanes
    yield at_most(f"1 GiB, {filler}: time, against a bare copy (python)", 2.0, ratio(large, copy))
    yield at_most(f"1 GiB, {filler}: time, against a bare copy (cat)", 2.0, ratio(large, cat))
    what = f"1 GiB, {filler}: peak memory of the runner"
    if large.broken or small.broken:
        yield Verdict(what, f"at most {LIMIT // MIB} MiB", "not measured", None)
        return
    most, least = max(large.peaks), max(small.peaks)
    measured = f"{most / MIB:.1f} MiB"
    yield Verdict(what, f"at most {LIMIT // MIB} MiB", measured, 0 < most <= LIMIT)
    measured = f"{least / MIB:.1f} MiB at {SIZES[0]} MiB, {most / MIB:.1f} MiB at {SIZES[1]} MiB"
    yield Verdict(
        f"{filler}: growth with output",
        f"below {GROWTH // MIB} MiB",
        measured,
        most - least <= GROWTH,
    )
