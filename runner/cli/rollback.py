"""``runner rollback``: the upgrade is taken back, environment and data together."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.loading import load_playbook
from runner.cli.options import display_options, option, output_option, playbook_options
from runner.cli.run import RunSettings, carry_out_stage
from runner.engine.dossier import Dossier
from runner.errors import UsageError
from runner.model import Playbook, Run
from runner.playbook import discover

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.model.rolled_back import RolledBack
    from runner.reporters.console.page import Line
    from runner.reporters.console.paper import Paper
    from runner.rollback.course import Ground


@click.command("rollback")
@click.option(
    "--to",
    "after",
    default="",
    metavar="V",
    help="The version to go back to [default: that with which the upgrade began].",
)
@option("--yes", is_flag=True, help="Go back without asking, for CI.")
@click.option("--dry-run", is_flag=True, help="Say what would be lost; change nothing.")
@playbook_options
@output_option
@display_options
def command(
    *,
    after: str,
    yes: bool,
    dry_run: bool,
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    output: Path,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    color: bool | None,
) -> None:
    """Take the upgrade back: pins and locks as they were, then the stage `rollback`.

    Refused where data have to go back and there is no verified backup of this upgrade. It is said
    what was written since, which is lost then, and asked, unless --yes is given. The freeze is
    announced to those whom the playbook's `notify` names; the dossier keeps what was done as
    rollback.json.
    """
    from runner.rollback.course import carry_out, prepare

    path = playbook or discover(Path())
    shown = _Shown(path, profile, overrides, output, as_json, quiet, verbose, color)
    ground = shown.ground()
    prepared = prepare(ground, after)
    shown.plan(prepared.record)
    if dry_run:
        return
    if not yes and not _agreed(prepared.record):
        raise click.Abort
    record = carry_out(ground, prepared)
    shown.close(record)
    sys.exit(record.exit_code)


@dataclass(frozen=True)
class _Shown:
    """Where a rollback is shown, and how."""

    playbook: Path
    profile: str
    overrides: tuple[str, ...]
    output: Path
    as_json: bool
    quiet: bool
    verbose: bool
    color: bool | None

    def ground(self) -> Ground:
        """Give what the rollback stands on."""
        from runner.cli.notify import announce
        from runner.rollback.course import Ground

        return Ground(
            self._load,
            self._run,
            Dossier(self.output),
            dict(os.environ),
            lambda record: announce(self._load(), record.before, record.after),
        )

    def plan(self, record: RolledBack) -> None:
        """Say what would be done, and lost."""
        from runner.reporters.console.rollback import plan

        paper = self._paper()
        paper.print(plan(record, paper.look))

    def close(self, record: RolledBack) -> None:
        """Say what came of it."""
        from runner.model.rolled_back import encode
        from runner.reporters.console.rollback import ended

        if self.as_json:
            click.echo(encode(record), nl=False)
            return
        paper = self._paper()
        live = str(Dossier(self.output).live)
        self._print(ended(record, live, paper.look))

    def _print(self, lines: Iterable[Line]) -> None:
        self._paper().print(lines)

    def _paper(self) -> Paper:
        from runner.reporters.console import Options, paper

        return paper(sys.stderr if self.as_json else sys.stdout, Options(color=self.color))

    def _load(self) -> Playbook:
        return load_playbook(self.playbook, self.profile, self.overrides)

    def _run(self, name: str) -> Run:
        settings = RunSettings(
            playbook=self.playbook,
            profile=self.profile,
            overrides=self.overrides,
            output=self.output,
            as_json=self.as_json,
            quiet=self.quiet,
            verbose=self.verbose,
            color=self.color,
        )
        return carry_out_stage(name, settings)


def _agreed(record: RolledBack) -> bool:
    question = f"Roll back to {record.after}?"
    if not sys.stdin.isatty():
        raise UsageError(
            f"{question} cannot be asked: nobody is there", hint="say so beforehand with --yes"
        )
    return click.confirm(question, err=True)
