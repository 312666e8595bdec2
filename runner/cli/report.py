"""``runner report``: the reports of a dossier, made again."""

from __future__ import annotations

import sys
import webbrowser
from pathlib import Path

import click

from runner.cli.options import output_option
from runner.engine.dossier import Dossier
from runner.errors import ExitCode, UsageError
from runner.reporters import registry
from runner.reporters.text import count, one_line


@click.command("report")
@output_option
@click.option(
    "--format",
    "formats",
    type=click.Choice(registry.FORMATS),
    multiple=True,
    help="Only this report; repeatable [default: every one].",
)
@click.option("--open", "show", is_flag=True, help="Show report.html in the browser.")
def command(output: Path, formats: tuple[str, ...], *, show: bool) -> None:
    """Make every report of the dossier again, from what it has recorded alone.

    The same version of the runner gives the same bytes as the run itself did.
    """
    dossier = Dossier(output)
    runs = dossier.runs()
    if not runs:
        raise UsageError(
            f"there is no run in {dossier.live}", hint="`runner validate` makes one; see --output"
        )
    with dossier.locked():
        troubles = registry.rebuild(runs, dossier, formats or registry.FORMATS)
    for stage, error in troubles.items():
        click.echo(one_line(f"runner: {stage}: {error.message}"), err=True)
        click.echo(one_line(f"  hint: {error.hint}"), err=True)
    made = count(len(runs) - len(troubles), "stage")
    click.echo(one_line(f"made the reports of {made} again in {dossier.live}"))
    if show:
        _show(dossier.live / "report.html")
    sys.exit(ExitCode.ERRORED if troubles else ExitCode.PASSED)


def _show(page: Path) -> None:
    """Hand the page to the browser that BROWSER names, or the system knows."""
    if not page.is_file():
        raise UsageError(f"there is no {page}", hint="leave --format out, or add --format html")
    if not webbrowser.open(page.absolute().as_uri()):
        click.echo(one_line(f"runner: no browser was found; the page is {page}"), err=True)
