"""``runner matrix``: the jobs that a stage is spread over, for a CI engine."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.loading import load_playbook
from runner.cli.options import (
    durations_option,
    option,
    output_option,
    playbook_options,
    selection_options,
)
from runner.cli.words import running
from runner.engine.dossier import Dossier
from runner.engine.plan import Plan, make_plan
from runner.engine.shards import Partition, durations_for, partition_of
from runner.reporters.matrices import Job, Pipeline, github, gitlab
from runner.reporters.text import count

_MOST = 4096
"""Shards in a matrix; GitHub takes 256 jobs of one, but other engines more."""


@click.command("matrix")
@click.option("--stage", default="verification", show_default=True, help="Stage to spread.")
@option("--shards", type=click.IntRange(1, _MOST), required=True, help="Machines at most.")
@click.option(
    "--format",
    "style",
    type=click.Choice(["github", "gitlab"]),
    default="github",
    show_default=True,
    help="strategy.matrix as JSON, or a child pipeline as YAML.",
)
@click.option("--extends", default="", help="GitLab: hidden job that all of them extend.")
@playbook_options
@selection_options
@durations_option
@output_option
def command(
    *,
    stage: str,
    shards: int,
    style: str,
    extends: str,
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    only: tuple[str, ...],
    durations: Path | None,
    output: Path,
) -> None:
    """Print the jobs that a stage is spread over, sized by the durations of an earlier run.

    No job is printed for a shard that would have nothing to run.
    """
    plan = make_plan(load_playbook(playbook, profile, overrides), stage, only)
    jobs = _jobs(plan, shards, Dossier(output), durations)
    if style == "github":
        click.echo(github(jobs))
        return
    words = running(stage, playbook, profile, overrides)
    words += tuple(word for pattern in only for word in ("--only", pattern))
    words += ("--durations", str(durations)) if durations else ()
    click.echo(gitlab(jobs, Pipeline(stage, words, extends)), nl=False)


def _jobs(plan: Plan, shards: int, dossier: Dossier, path: Path | None) -> tuple[Job, ...]:
    """Cut the plan into as many shards as have something to run, and tell of it."""
    durations = durations_for(plan, dossier, path)
    partition = partition_of(plan, shards, durations)
    used = len(set(partition.shards))
    if used < shards:
        partition = partition_of(plan, used, durations)
        groups = count(partition.groups, "group")
        message = f"{groups} of checks that stay together: {count(used, 'shard')}, not {shards}"
        click.echo(f"runner: {message}", err=True)
    return _as_jobs(partition)


def _as_jobs(partition: Partition) -> tuple[Job, ...]:
    return tuple(
        Job(f"{number}/{partition.count}", len(partition.share(number)), seconds)
        for number, seconds in enumerate(partition.seconds, 1)
    )
