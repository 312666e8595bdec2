"""``runner run``: carry out a stage."""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from runner.cli.loading import load_playbook
from runner.cli.options import (
    display_options,
    output_option,
    playbook_options,
    running_options,
    selection_options,
    together,
)
from runner.cli.plan import show
from runner.engine.dossier import Dossier
from runner.engine.plan import make_plan
from runner.engine.run import Options, execute
from runner.errors import DossierError
from runner.model import Run
from runner.reporters import junit
from runner.reporters.console import Options as ConsoleOptions
from runner.reporters.console import Pointers, console
from runner.reporters.scans import ScanReports


@dataclass(frozen=True)
class RunSettings:
    """The options of a command that runs a stage, as click gives them."""

    playbook: Path | None
    profile: str
    overrides: tuple[str, ...]
    only: tuple[str, ...]
    output: Path
    jobs: int
    fail_fast: bool
    resume: bool
    base: str
    dry_run: bool
    junit_dialect: Any
    as_json: bool
    quiet: bool
    verbose: bool
    color: bool | None


run_options = together(
    playbook_options, selection_options, output_option, running_options, display_options
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
    playbook = load_playbook(settings.playbook, settings.profile, settings.overrides)
    plan = make_plan(playbook, stage, settings.only)
    if settings.dry_run:
        show(plan, as_json=settings.as_json)
        return
    gc.freeze()  # what has been loaded stays to the end: it need not be looked at again
    dossier = Dossier(settings.output)
    where = str(dossier.live)
    pointers = Pointers(lambda check: rerun_command(stage, settings, check), where, where)
    shown = ConsoleOptions(settings.quiet, settings.verbose, settings.color)
    stream = sys.stderr if settings.as_json else sys.stdout
    with console(stream, pointers, shown) as listener:
        run = execute(
            plan,
            dossier,
            Options(settings.jobs, settings.fail_fast, settings.resume, settings.base),
            environment=os.environ,
            listeners=[listener],
            reporters=[
                JunitReport(settings.junit_dialect, pointers.rerun),
                ScanReports(Path(playbook.repository), tuple(one.file for one in playbook.pins)),
            ],
        )
    if settings.as_json:
        click.echo((dossier.live / stage / "run.json").read_bytes(), nl=False)
    sys.exit(run.exit_code)


def rerun_command(stage: str, settings: RunSettings, check: str) -> str:
    """Give the command line that runs one check again, as this run was run."""
    words = ["runner", *(["validate"] if stage == "verification" else ["run", stage])]
    if settings.playbook is not None:
        words += ["--playbook", str(settings.playbook)]
    if settings.profile:
        words += ["--profile", settings.profile]
    for override in settings.overrides:
        words += ["--set", override]
    if settings.base:
        words += ["--base", settings.base]
    if settings.output != Path("analysis_outputs"):
        words += ["--output", str(settings.output)]
    return shlex.join([*words, "--only", check])


@dataclass(frozen=True)
class JunitReport:
    """Writes ``<stage>/junit.xml``."""

    dialect: junit.Dialect
    """Which readers to write for."""
    rerun: Callable[[str], str]
    """Gives the command that runs a check again."""

    def __call__(self, run: Run, dossier: Dossier) -> None:
        """Write it; raises DossierError."""
        path = dossier.live / run.stage / "junit.xml"
        try:
            junit.write(run, path, dialect=self.dialect, rerun=self.rerun)
        except OSError as error:
            raise DossierError(f"cannot write {path}: {error.strerror}") from error
