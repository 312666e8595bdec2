"""A rehearsal of the stand-in with 50,000 rows: what of its time is the runner's own."""

from __future__ import annotations

import os
import sqlite3
import statistics
import subprocess
from contextlib import closing
from pathlib import Path

import msgspec
from support.standin import Standin, standin

from bench.section import Section, Verdict
from bench.tools import ROOT, RUNNER
from runner.model.rehearsed import Rehearsed

_MOST = 5.0
"""Seconds of its own that a rehearsal of five minutes may take."""
_ROWS = 50_000
"""As many points of metrics as the seeded MLflow has."""
_SHOWN = 5
"""Parts that the table names."""


def measure(folder: Path, rounds: int) -> Section:
    """Rehearse; the first round, which makes the environments, is not counted."""
    app = standin(folder, folder / "shared")
    _fill(app.database_file)
    found = [_rehearse(app) for _ in range(rounds + 1)][1:]
    own = statistics.median(one.own for one in found)
    whole = statistics.median(one.duration for one in found)
    parts = {part.name: part.title for part in found[0].parts}
    shares = {
        title: statistics.median(
            part.own for one in found for part in one.parts if part.name == name
        )
        for name, title in parts.items()
    }
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
        (
            Verdict(
                "a rehearsal: the runner's own share",
                f"below {_MOST:g} s",
                f"{own:.2f} s",
                own < _MOST,
            ),
        ),
    )


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
