"""``runner rehearse``: the whole upgrade and its rollback, on copies."""

from __future__ import annotations

import sys

import click

from runner.cli.stage import Stage, step_options


@click.command("rehearse")
@step_options(
    to="The version to rehearse.",
    begin="The version to begin with [default: that of the playbook].",
)
def command(*, after: str, before: str, stage: Stage) -> None:
    """Rehearse an upgrade and its rollback on copies: how long, what changes, and does it hold.

    In a git worktree, with an environment for each version, copies of database and artifacts, and
    free ports: the old version is measured, the bump, the migration and the matrix follow, then
    the rollback, and the old version must be as it was. Repository, database and artifacts stay
    byte for byte as they are, and everything scratch is removed.
    """
    from runner.rehearsal.rehearse import rehearse

    record = rehearse(stage.world(), after, before)
    stage.close(record)
    sys.exit(record.exit_code)
