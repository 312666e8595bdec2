"""Rehearsals, and what of their time is the runner's own: of a stand-in, and of the real MLflow."""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

import msgspec
from golden.making import BEFORE, rehearsed, release
from support.standin import Standin, standin

from bench.section import Section, Verdict
from bench.tools import ROOT, RUNNER
from runner.model.rehearsed import NAME, Rehearsed

_MOST = 5.0
"""Seconds of its own that a rehearsal of five minutes may take."""
_MOST_REAL = 300.0
"""Seconds that MLflow's rehearsal may take, on two cores with warm caches."""
_REAL_ROUNDS = 2
"""Rounds of it, however many are asked for: each takes minutes."""
_ROWS = 50_000
"""As many points of metrics as the seeded MLflow has."""
_SHOWN = 5
"""Parts that the table names."""


def measure(folder: Path, rounds: int) -> Section:
    """Rehearse the stand-in; the first round, which makes the environments, is not counted."""
    app = standin(folder, folder / "shared")
    _fill(app.database_file)
    found = [_rehearse(app) for _ in range(rounds + 1)][1:]
    own = statistics.median(one.own for one in found)
    whole = statistics.median(one.duration for one in found)
    parts = {part.name: part.title for part in found[0].parts}
    shares = {title: _median(found, name, "own") for name, title in parts.items()}
    greatest = sorted(shares.items(), key=lambda item: -item[1])[:_SHOWN]
    return Section(
        "A rehearsal there and back",
        (
            f"A small application in SQLite, with {_ROWS:,} rows; {rounds} rounds.",
            "The runner's own share is what remains without the processes that it waited for.",
        ),
        ("part", "own, median"),
        (
            *((title, f"{seconds:.2f} s") for title, seconds in greatest),
            ("all parts", f"{own:.2f} s of {whole:.1f} s"),
        ),
        (_verdict("a rehearsal: the runner's own share", _MOST, own),),
    )


def measure_mlflow(folder: Path, rounds: int) -> Section:
    """Rehearse MLflow's upgrade with all that the seed makes, on environments that are there."""
    found: list[Rehearsed] = []
    number = 0
    while len(found) < min(rounds, _REAL_ROUNDS):
        number += 1
        (place := folder / str(number)).mkdir()
        one = _recorded(rehearsed(place) / "live" / NAME)
        found += [] if _is_cold(one) else [one]
    whole = statistics.median(one.duration for one in found)
    own = statistics.median(one.own for one in found)
    return Section(
        "The rehearsal of MLflow's upgrade",
        (
            f"{BEFORE} to {release()} on SQLite, with 500 runs, 50,000 points and 105 artifacts.",
            f"{len(found)} rounds, with environments from the cache.",
        ),
        ("part", "median", "own, median"),
        (
            *(
                (
                    one.title,
                    f"{_median(found, one.name, 'duration'):.1f} s",
                    f"{_median(found, one.name, 'own'):.2f} s",
                )
                for one in found[0].parts
            ),
            ("all parts", f"{whole:.1f} s", f"{own:.2f} s"),
        ),
        (
            _verdict("MLflow's rehearsal, there and back", _MOST_REAL, whole),
            _verdict("MLflow's rehearsal: the runner's own share", _MOST, own),
        ),
    )


def _is_cold(one: Rehearsed) -> bool:
    """Tell whether it had to make an environment first."""
    return any("made now" in fact for part in one.parts for fact in part.facts)


def _median(found: Sequence[Rehearsed], name: str, field: Literal["own", "duration"]) -> float:
    parts = [part for one in found for part in one.parts if part.name == name]
    return statistics.median(part.own if field == "own" else part.duration for part in parts)


def _verdict(what: str, limit: float, seconds: float) -> Verdict:
    return Verdict(what, f"below {limit:g} s", f"{seconds:.2f} s", seconds < limit)


def _fill(database: Path) -> None:
    with closing(sqlite3.connect(database)) as opened, opened:
        opened.execute("CREATE TABLE points (run TEXT, key TEXT, value REAL, step INTEGER)")
        rows = ((f"{n % 500:032x}", "loss", 1 / (n + 1), n) for n in range(_ROWS))
        opened.executemany("INSERT INTO points VALUES (?, ?, ?, ?)", rows)


def _rehearse(app: Standin) -> Rehearsed:
    path = f"{ROOT / '.venv-uv' / 'bin'}{os.pathsep}{app.env['PATH']}"
    done = subprocess.run(
        [RUNNER, "rehearse", "--to", "2.0", "--json"],
        cwd=app.repository,
        env={**app.env, "PATH": path},
        check=True,
        capture_output=True,
        timeout=300,
    )
    return msgspec.json.decode(done.stdout, type=Rehearsed)


def _recorded(path: Path) -> Rehearsed:
    return msgspec.json.decode(path.read_bytes(), type=Rehearsed)
