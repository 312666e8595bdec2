"""Measure the budgets: ``make bench``, or ``make bench ARGS="--only startup"``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from bench import (
    flood,
    junit,
    matrix,
    merging,
    page,
    rehearsal,
    report,
    scaling,
    scan,
    sealing,
    startup,
    tools,
)
from bench.section import Measure, Section

PARTS: Mapping[str, Measure] = {
    "matrix": matrix.measure,
    "startup": startup.measure,
    "flood": flood.measure,
    "junit": junit.measure,
    "scaling": scaling.measure,
    "scan": scan.measure,
    "sealing": sealing.measure,
    "page": page.measure,
    "rehearsal": rehearsal.measure,
    "mlflow": rehearsal.measure_mlflow,
    "merge": merging.measure,
}
"""What can be measured, in the order of the report."""
RESULTS = Path(__file__).with_name("RESULTS.md")
"""Where the results of a whole run go."""


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each part (default: 5)")
    parser.add_argument("--only", choices=[*PARTS], action="append", help="only this part, printed")
    parser.add_argument("--folder", help="where to work: as fast a disk as that of the repository")
    return parser.parse_args()


def _measure(name: str, rounds: int, folder: str | None) -> Section:
    sys.stderr.write(f"==> {name}\n")
    with tempfile.TemporaryDirectory(prefix="upgrade-runner-bench-", dir=folder) as home:
        section = PARTS[name](Path(home), rounds)
    for verdict in section.verdicts:
        sys.stderr.write(f"    {verdict.what}: {verdict.measured} ({verdict.budget})\n")
    return section


def main() -> int:
    """Measure; exit 1 where a budget was missed or could not be measured."""
    arguments = _arguments()
    names = arguments.only or [*PARTS]
    sections = [_measure(name, arguments.rounds, arguments.folder) for name in names]
    text = report.render(tools.machine(), sections, arguments.rounds)
    if arguments.only:
        sys.stdout.write(text)
    else:
        RESULTS.write_text(text, encoding="utf-8")
        sys.stderr.write(f"==> {RESULTS}\n")
    return 0 if all(v.met for section in sections for v in section.verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
