"""The results as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from bench.section import Section

_VERDICTS = {True: "met", False: "**missed**", None: "not measured"}


def render(machine: Mapping[str, str], sections: Sequence[Section], rounds: int) -> str:
    """Give the whole document."""
    verdicts = [verdict for section in sections for verdict in section.verdicts]
    lines = [
        "# Results of the bench",
        "",
        "Written by `make bench`; do not edit.",
        "In each part the contenders take turns, after a round that is not counted.",
        (
            "A ratio is the runner's time divided by the other's, taken in each round:"
            " the median, with the smallest and the largest in brackets."
        ),
        f"There are at least {rounds} rounds, but 2 of whoever is slower by far.",
        "",
        *_table(("", ""), [("Date", f"{datetime.now(UTC):%Y-%m-%d}"), *machine.items()]),
        "",
        "## Budgets",
        "",
        *_table(
            ("what", "budget", "measured", "verdict"),
            [(v.what, v.budget, v.measured, _VERDICTS[v.met]) for v in verdicts],
        ),
    ]
    for section in sections:
        lines += ["", f"## {section.title}", "", *section.prose, ""]
        lines += _table(section.header, section.rows)
    return "\n".join(lines) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in lines]
