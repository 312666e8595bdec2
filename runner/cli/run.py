"""``runner run``: carry out a stage."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import click
import msgspec

from runner.cli.loading import load_playbook
from runner.cli.options import (
    display_options,
    output_option,
    playbook_options,
    running_options,
    selection_options,
    shard_options,
    together,
)
from runner.cli.plan import show
from runner.cli.words import running
from runner.engine.dossier import Dossier
from runner.engine.plan import Plan, make_plan
from runner.engine.run import Options, execute
from runner.engine.secrecy import redactor_of
from runner.model import Playbook, Run
from runner.reporters import context, registry
from runner.reporters.base import Dialect
from runner.reporters.ci import for_checks
from runner.reporters.code_quality import checkout_of
from runner.reporters.console import Options as ConsoleOptions
from runner.reporters.console import Pointers, console
from runner.reporters.reading import rerun_command

_ROLLBACK = "rollback"
"""The stage under which people are to deploy nothing, as `runner.rollback.course` names it."""


class RunSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a command that runs a stage, as click gives them."""

    playbook: Path | None
    profile: str
    overrides: tuple[str, ...]
    only: tuple[str, ...] = ()
    shard: str = ""
    durations: Path | None = None
    output: Path
    jobs: int = 1
    fail_fast: bool = False
    resume: bool = False
    base: str = ""
    dry_run: bool = False
    junit_dialect: Any = "strict"
    as_json: bool
    quiet: bool
    verbose: bool
    color: bool | None


run_options = together(
    playbook_options,
    selection_options,
    shard_options,
    output_option,
    running_options,
    display_options,
)
"""Every option of a command that runs a stage."""


@click.command("run")
@click.argument("stage")
@run_options
def command(stage: str, **options: object) -> None:
    """Run the checks of STAGE one after another, and leave JUnit XML and evidence."""
    run_stage(stage, options)


def run_stage(stage: str, options: Mapping[str, Any]) -> None:
    """Run a stage, and exit with what it says."""
    settings = RunSettings(**options)
    if settings.dry_run:
        playbook = load_playbook(settings.playbook, settings.profile, settings.overrides)
        show(planned(stage, playbook, settings), as_json=settings.as_json)
        return
    if stage == _ROLLBACK:
        from runner.cli.notify import announce

        book = load_playbook(settings.playbook, settings.profile, settings.overrides)
        announce(book, "", book.release.version)
    run = carry_out_stage(stage, settings)
    if settings.as_json:
        click.echo((settings.output / "live" / stage / "run.json").read_bytes(), nl=False)
    sys.exit(run.exit_code)


def carry_out_stage(
    stage: str, settings: RunSettings, environment: Mapping[str, str] = os.environ
) -> Run:
    """Run a stage, show it, and leave its evidence and reports."""
    playbook = load_playbook(settings.playbook, settings.profile, settings.overrides)
    dossier = Dossier(settings.output)
    plan = planned(stage, playbook, settings)
    gc.freeze()  # what has been loaded stays to the end: it need not be looked at again
    where, words = str(dossier.live), rerun_words(stage, settings)
    # An option may hold what must not be shown, as a password in an address.
    calm = tuple(map(redactor_of(plan, environment).text, words))
    pointers = Pointers(partial(rerun_command, calm), where, where)
    shown = ConsoleOptions(settings.quiet, settings.verbose, settings.color)
    stream = sys.stderr if settings.as_json else sys.stdout
    with console(stream, pointers, shown) as listener:
        run = execute(
            plan,
            dossier,
            Options(settings.jobs, settings.fail_fast, settings.resume, settings.base, words),
            environment=for_checks(environment, plan.secrets),
            listeners=[listener],
            reporters=[Reports(playbook, settings.junit_dialect)],
        )
    if playbook.notify:
        from runner.cli import notify

        notify.at_the_end(playbook, run, dossier)
    return run


def planned(stage: str, playbook: Playbook, settings: RunSettings) -> Plan:
    """Plan the checks that were asked for, or the share of them that a shard takes."""
    plan = make_plan(playbook, stage, settings.only)
    if not settings.shard:
        return plan
    from runner.engine.shards import parse, take_share  # most stages run on one machine

    which = parse(settings.shard, os.environ)
    dossier = Dossier(settings.output)
    return take_share(plan, which, dossier, settings.durations, resume=settings.resume)


def rerun_words(stage: str, settings: RunSettings) -> tuple[str, ...]:
    """Give the command line that runs the stage again as this run was run."""
    words = [*running(stage, settings.playbook, settings.profile, settings.overrides)]
    if settings.base:
        words += ["--base", settings.base]
    if settings.output != Path("analysis_outputs"):
        words += ["--output", str(settings.output)]
    return tuple(words)


class Reports(msgspec.Struct, frozen=True):
    """Writes every report of a run."""

    playbook: Playbook
    """What was run: its repository and pins say where results point to."""
    dialect: Dialect
    """Of ``junit.xml``."""

    def __call__(self, run: Run, dossier: Dossier) -> None:
        """Write them; raises RunnerError."""
        repository = Path(self.playbook.repository)
        files = (one.file for one in self.playbook.pins)
        checkout = checkout_of(os.environ)
        made = context.gather(run, dossier, repository, files, self.dialect, checkout)
        registry.write(run, dossier, made)
