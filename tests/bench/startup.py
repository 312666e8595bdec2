"""How long it takes until the runner does anything."""

from __future__ import annotations

from pathlib import Path

from bench.race import Contender, race, ratio
from bench.section import LANES, Section, at_most, lanes_table
from bench.tools import ROOT, RUNNER, distribution

ROUNDS = 40
"""At least so many, for each takes a fraction of a second."""


def measure(folder: Path, rounds: int) -> Section:
    """Compare start-up with that of the bare interpreter and of the bare CLI library."""
    python = str(RUNNER.with_name("python"))
    lanes = race(
        [
            Contender("runner --version", (str(RUNNER), "--version"), folder),
            Contender(
                'python -c "import click"',
                (python, "-c", "import click"),
                folder,
                distribution("click"),
            ),
            Contender('python -c "pass"', (python, "-c", "pass"), folder),
            Contender("runner lint (the MLflow playbook)", (str(RUNNER), "lint"), ROOT),
            Contender("runner plan verification", (str(RUNNER), "plan", "verification"), ROOT),
        ],
        max(rounds, ROUNDS),
    )
    what = "`runner --version`, against `python -c 'import click'`"
    return Section(
        "Start-up",
        ("All in the same environment; the last two read the MLflow playbook of this repository.",),
        LANES,
        lanes_table(lanes, 1000, "ms", others=2),
        (at_most(what, 1.3, ratio(lanes[0], lanes[1])),),
    )
