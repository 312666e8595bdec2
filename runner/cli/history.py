"""``runner history``: past runs, and two of them compared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from runner.cli.options import option, output_option
from runner.errors import ExitCode, UsageError
from runner.evidence.history import history, pick
from runner.evidence.history_document import (
    CheckShape,
    ComparisonDocument,
    FindingShape,
    HistoryDocument,
    RunShape,
    compared,
    encode,
    listed,
)
from runner.model import Outcome
from runner.reporters.text import count, duration, one_line
from runner.reporters.width import columns

_NONE = "-"


@click.command("history")
@click.argument("runs", metavar="[RUN RUN]", nargs=-1)
@output_option
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(runs: tuple[str, ...], output: Path, *, as_json: bool) -> None:
    """List the runs on record, in the dossier and in the bundles beside it; or compare two RUNs.

    A run is named by its id, or by the beginning of it. A bundle that was changed since it was
    sealed is named, its runs do not count, and the exit code is 1.
    """
    found = history(output)
    if not (found.runs or found.problems):
        raise UsageError(f"there is no run in {output}", hint="`runner validate` makes one")
    if len(runs) not in {0, 2}:
        raise UsageError("give two runs to compare, or none to list them all")
    told = compared(*(pick(found, name) for name in runs)) if runs else listed(found)
    if as_json:
        click.echo(encode(told), nl=False)
    else:
        for line in _list(told) if isinstance(told, HistoryDocument) else _comparison(told):
            click.echo(line)
    for problem in found.problems:
        click.echo(one_line(f"runner: {problem}"), err=True)
    sys.exit(ExitCode.FAILED if found.problems else ExitCode.PASSED)


def _list(told: HistoryDocument) -> Iterator[str]:
    headings = ("Run", "Stage", "Release", "Verdict", "Checks", "Findings", "Took", "Where")
    yield from columns(headings, map(_row, told.runs))


def outcomes_of(one: RunShape) -> str:
    """Say how many checks ended how; empty where none ran."""
    return ", ".join(f"{one.outcomes[it]} {it}" for it in Outcome if it in one.outcomes)


def _row(one: RunShape) -> tuple[str, ...]:
    outcomes = outcomes_of(one)
    return (
        one.id,
        one.stage,
        f"{one.package} {one.version}",
        f"{one.verdict} ({one.interrupted})" if one.interrupted else one.verdict,
        outcomes or _NONE,
        str(one.findings) if one.findings else _NONE,
        duration(one.seconds),
        ", ".join(one.places),
    )


def _comparison(told: ComparisonDocument) -> Iterator[str]:
    before, after = told.before, told.after
    for label, one in (("before", before), ("after", after)):
        commit = (
            f" at {one.commit[:12]}{' with changes' if one.dirty else ''}" if one.commit else ""
        )
        yield one_line(
            f"{label:7} {one.id}  {one.package} {one.version}{commit}: {one.stage} {one.verdict}"
            f" in {duration(one.seconds)}"
        )
    yield ""
    yield from columns(("Check", "Before", "After", "Took", ""), map(_check, told.checks))
    changed = [one for one in told.findings if one.before != one.after]
    same = count(len(told.findings) - len(changed), "finding")
    yield ""
    if changed:
        yield from columns(("Finding", "Before", "After"), map(_finding, changed))
    yield f"{same} in both, with the same ruling" if told.findings else "no findings in either"


def _check(one: CheckShape) -> tuple[str, ...]:
    took = (one.seconds_before, one.seconds_after)
    shown = " -> ".join(_NONE if it is None else duration(it) for it in took)
    return (
        one.area or one.check,
        one.before or _NONE,
        one.after or _NONE,
        shown,
        "" if one.before == one.after else "changed",
    )


def _finding(one: FindingShape) -> tuple[str, ...]:
    return (f"{one.id} in {one.package}", one.before or "not there", one.after or "not there")
