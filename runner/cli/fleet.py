"""``runner fleet``: the verdicts of many repositories under one playbook, in one table."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from runner.cli import ci
from runner.cli.history import outcomes_of
from runner.cli.options import option, output_option
from runner.errors import DossierError, UsageError
from runner.evidence.acceptance import Expected
from runner.evidence.fleet import fleet, members
from runner.evidence.fleet_document import FleetDocument, RowShape, document, encode
from runner.files import replace_file
from runner.model import Outcome
from runner.reporters.ci import Note
from runner.reporters.markdown.text import NOTHING, plain, table
from runner.reporters.text import count, duration, one_line
from runner.reporters.width import columns

_HEADINGS = ("Repository", "Verdict", "Commit", "Release", "Checks", "Took")
_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("fleet")
@click.argument("listed", metavar="LIST", type=_FILE)
@click.argument("evidence", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@option("-p", "--playbook", type=_FILE, required=True, help="The playbook that all were to pass.")
@click.option("--stage", default="verification", show_default=True, help="Stage of the playbook.")
@option("--profile", default="", help="Accept verdicts of this profile only.")
@click.option("--release", help="Accept verdicts of this version only.")
@output_option
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    listed: Path,
    evidence: Path,
    *,
    playbook: Path,
    stage: str,
    profile: str,
    release: str | None,
    output: Path,
    as_json: bool,
) -> None:
    """Join the verdicts of many repositories under one playbook.

    LIST is a JSON list of repositories with the commit that each was to pass at; in DIR each has a
    folder OWNER__NAME with its bundle. A bundle that is missing, damaged, or of another commit,
    playbook or release is told and never green. fleet.json and fleet.md go to the output folder.
    """
    asked = members(listed)
    expected = Expected(stage, version=release, profile=profile, playbook=_sha256(playbook))
    told = document(fleet(asked, evidence, expected), str(playbook), stage)
    summary = _written(told, output)
    if as_json:
        click.echo(encode(told), nl=False)
    else:
        click.echo(ci.shown("\n".join(_console(told))))
    _hand_over(told, summary)
    sys.exit(told.exit_code)


def _sha256(playbook: Path) -> str:
    try:
        return hashlib.sha256(playbook.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"cannot read {playbook}: {error.strerror}") from error


def _written(told: FleetDocument, output: Path) -> Path:
    summary = output / "fleet.md"
    try:
        output.mkdir(parents=True, exist_ok=True)
        replace_file(output / "fleet.json", encode(told))
        replace_file(summary, "".join(f"{text}\n" for text in _markdown(told)).encode())
    except OSError as error:
        raise DossierError(f"cannot write {output}: {error.strerror}") from error
    return summary


def _hand_over(told: FleetDocument, summary: Path) -> None:
    ci.note(
        Note("error", f"{one.repository}: {one.verdict}", "\n".join(one.reasons))
        for one in told.repositories
        if one.verdict is not Outcome.PASSED
    )
    failed = [one.repository for one in told.repositories if one.verdict is not Outcome.PASSED]
    ci.hand_over({"verdict": told.verdict, "failed": json.dumps(failed)}, summary)


def _title(told: FleetDocument) -> str:
    passed = sum(one.verdict is Outcome.PASSED for one in told.repositories)
    share = f"{passed} of {count(len(told.repositories), 'verdict')} passed"
    return f"{told.playbook}, {told.stage}: {told.verdict}, {share}"


def _cells(row: RowShape) -> tuple[str, ...]:
    run = row.run
    about = (f"{run.package} {run.version}", outcomes_of(run), duration(run.seconds)) if run else ()
    release, checks, took = about or ("", "", "")
    return (row.repository, row.verdict, row.commit[:12], release, checks, took)


def _console(told: FleetDocument) -> Iterator[str]:
    rows = [tuple(text or "-" for text in _cells(one)) for one in told.repositories]
    yield from columns(_HEADINGS, rows)
    yield ""
    for one in told.repositories:
        yield from (one_line(f"{one.repository}: {reason}") for reason in one.reasons)
    yield one_line(_title(told))


def _markdown(told: FleetDocument) -> Iterator[str]:
    yield f"## {plain(_title(told))}"
    yield ""
    yield from table((*_HEADINGS, "Why not"), map(_markdown_row, told.repositories))


def _markdown_row(row: RowShape) -> tuple[str, ...]:
    told = (*_cells(row), "; ".join(row.reasons))
    return tuple(plain(text) if text else NOTHING for text in told)
