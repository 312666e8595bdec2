"""``runner upgrade``: the whole upgrade, as one run that can be resumed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from runner.cli.loading import load_playbook
from runner.cli.options import display_options, option, output_option, playbook_options
from runner.cli.rehearse import Stage
from runner.cli.run import RunSettings, carry_out_stage
from runner.engine.clock import now
from runner.errors import UsageError
from runner.model import Playbook, Run
from runner.model.upgraded import FORMAT, NAME, Upgraded, encode
from runner.playbook import discover

if TYPE_CHECKING:
    from runner.upgrading.course import Port
    from runner.upgrading.steps import Ground


@click.command("upgrade")
@click.option("--to", "after", required=True, metavar="V", help="The version to upgrade to.")
@option("--yes", is_flag=True, help="Change what is real without asking, for CI.")
@option(
    "--on-failure",
    type=click.Choice(["ask", "rollback", "stop"]),
    help="What follows a failure after something real was changed [default: the playbook's, ask].",
)
@click.option("--resume", is_flag=True, help="Go on where the last upgrade to V has ended.")
@playbook_options
@output_option
@display_options
def command(
    *,
    after: str,
    yes: bool,
    on_failure: str | None,
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
    """Upgrade: triage, rehearse, preflight, bump, verify, roll out, seal the bundle.

    Before what changes something real it is asked, unless --yes is given; what the playbook does
    not have is told and left out. Where a step fails after the bump, the way back is offered, or
    taken with --on-failure rollback.
    """
    from runner.upgrading.course import carry_out
    from runner.upgrading.steps import begin, steps_of, way_back

    stage = Stage(output, as_json=as_json, quiet=quiet, verbose=verbose, color=color)
    made = _Made(stage, playbook or discover(Path()), profile, overrides, yes)
    record = made.begun(after, resume=resume)
    ground = made.ground(record)
    begin(ground)
    wish = on_failure or ground.load().on_failure
    record = carry_out(steps_of(ground), way_back(ground), record, wish, made.port())
    made.close(record)
    sys.exit(record.exit_code)


@dataclass(frozen=True)
class _Made:
    """What the steps of an upgrade are given by the command line."""

    stage: Stage
    playbook: Path
    profile: str
    overrides: tuple[str, ...]
    yes: bool

    @property
    def _record(self) -> Path:
        return self.stage.output / "live" / NAME

    def begun(self, after: str, *, resume: bool) -> Upgraded:
        """Give the record to go on with, or a new one."""
        release = self._load().release
        try:
            known = msgspec.json.decode(self._record.read_bytes(), type=Upgraded)
        except (OSError, msgspec.DecodeError):
            known = None
        if resume:
            if known is None or known.after != after:
                raise UsageError(
                    f"there is no upgrade to {after} to resume in {self._record.parent}",
                    hint="begin it without --resume",
                )
            return known
        from runner.rehearsal.rehearse import refuse_odd

        refuse_odd(release.version, after)
        return Upgraded(FORMAT, release.package, release.version, after, now())

    def ground(self, record: Upgraded) -> Ground:
        """Give what the steps stand on."""
        from runner.cli.triage import ask
        from runner.upgrading.steps import Ground

        return Ground(
            load=self._load,
            triage=lambda book: ask(book, quiet=True),
            run=self._run,
            world=self.stage.world(self.playbook, self.profile, self.overrides),
            before=record.before,
            after=record.after,
        )

    def port(self) -> Port:
        """Give the way to the world."""
        from runner.upgrading.course import Port

        ask: Callable[[str], bool] = (lambda _: True) if self.yes else _asked
        return Port(self._write, ask, self.stage.hear)

    def close(self, record: Upgraded) -> None:
        """Show what came of it."""
        from runner.reporters.console.rehearsal import upgraded

        if self.stage.as_json:
            click.echo(encode(record), nl=False)
        else:
            self.stage.print(upgraded(record, str(self._record.parent)))

    def _load(self) -> Playbook:
        return load_playbook(self.playbook, self.profile, self.overrides)

    def _run(self, name: str, resume: bool) -> Run:  # noqa: FBT001 - the form of `Ground.run`
        stage = self.stage
        settings = RunSettings(
            playbook=self.playbook,
            profile=self.profile,
            overrides=self.overrides,
            only=(),
            shard="",
            durations=None,
            output=stage.output,
            jobs=1,
            fail_fast=False,
            resume=resume,
            base="",
            dry_run=False,
            junit_dialect="strict",
            as_json=stage.as_json,
            quiet=stage.quiet,
            verbose=stage.verbose,
            color=stage.color,
        )
        return carry_out_stage(name, settings)

    def _write(self, record: Upgraded) -> None:
        from runner.engine.dossier import Dossier

        dossier = Dossier(self.stage.output)
        with dossier.locked():
            dossier.write(NAME, encode(record))


def _asked(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"{question} cannot be asked: nobody is there", hint="say so beforehand with --yes"
        )
    return click.confirm(question, err=True)
