"""``runner bisect``: the first version that breaks, and the last that passes."""

from __future__ import annotations

import sys

import click

from runner.cli.stage import Stage, step_options


@click.command("bisect")
@step_options(
    click.option("--resume", is_flag=True, help="Take over what was rehearsed of this commit."),
    to="The version to be reached.",
    begin="The version to begin with, taken to pass [default: that of the playbook].",
)
def command(*, after: str, before: str, resume: bool, stage: Stage) -> None:
    """Rehearse versions between two, to find the first that breaks and the last that passes.

    The target is rehearsed first; where it passes there is nothing to find. Every rehearsal begins
    with the same version and the same copy of the data, and has a dossier of its own. Versions that
    do not resolve are passed over.
    """
    from runner.rehearsal.bisect import Bisection

    record = Bisection(stage.world(), before, after, resume, stage.announce).run()
    stage.conclude(record)
    sys.exit(record.exit_code)
