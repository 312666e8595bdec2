"""``runner bisect``: the first version that breaks, and the last that passes."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from runner.cli.options import display_options, output_option, playbook_options
from runner.cli.rehearse import Stage
from runner.playbook import discover


@click.command("bisect")
@click.option("--to", "after", required=True, metavar="V", help="The version to be reached.")
@click.option(
    "--from",
    "before",
    default="",
    metavar="V",
    help="The version to begin with, taken to pass [default: that of the playbook].",
)
@click.option("--resume", is_flag=True, help="Take over what was rehearsed of this commit.")
@playbook_options
@output_option
@display_options
def command(
    *,
    after: str,
    before: str,
    resume: bool,
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    output: Path,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    color: bool | None,
) -> None:
    """Rehearse versions between two, to find the first that breaks and the last that passes.

    The target is rehearsed first; where it passes there is nothing to find. Every rehearsal begins
    with the same version and the same copy of the data, and has a dossier of its own. Versions that
    do not resolve are passed over.
    """
    from runner.rehearsal.bisect import Bisection

    stage = Stage(output, as_json=as_json, quiet=quiet, verbose=verbose, color=color)
    world = stage.world(playbook or discover(Path()), profile, overrides)
    record = Bisection(world, before, after, resume, stage.announce).run()
    stage.conclude(record)
    sys.exit(record.exit_code)
