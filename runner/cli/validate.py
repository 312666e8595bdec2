"""``runner validate``: the verification matrix."""

from __future__ import annotations

import click

from runner.cli.run import run_options, run_stage


@click.command("validate")
@click.option("--stage", default="verification", show_default=True, help="Stage to run.")
@run_options
def command(stage: str, **options: object) -> None:
    """Run the verification matrix, and leave JUnit XML and evidence.

    The same as `runner run verification`.
    """
    run_stage(stage, options)
