"""``runner upgrade``: the whole upgrade, as one run that can be resumed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from runner.cli.loading import load_playbook
from runner.cli.options import option
from runner.cli.run import RunSettings, carry_out_stage
from runner.cli.stage import Stage, step_options
from runner.engine.clock import now
from runner.errors import UsageError
from runner.model import Playbook, Run
from runner.model.upgraded import FORMAT, NAME, Upgraded, encode

if TYPE_CHECKING:
    from runner.model.rolled_back import RolledBack
    from runner.upgrading.course import Port
    from runner.upgrading.steps import Ground


@click.command("upgrade")
@step_options(
    option(
        "--yes",
        is_flag=True,
        help="Change what is real without asking, for CI; the way back as well, unless "
        "--on-failure stop.",
    ),
    option(
        "--on-failure",
        type=click.Choice(["ask", "rollback", "stop"]),
        help="What follows a failure after something real was changed [default: the playbook's, "
        "ask].",
    ),
    click.option("--resume", is_flag=True, help="Go on where the last upgrade to V has ended."),
    to="The version to upgrade to.",
)
def command(*, after: str, yes: bool, on_failure: str | None, resume: bool, stage: Stage) -> None:
    """Upgrade: triage, rehearse, preflight, bump, verify, roll out, seal the bundle.

    Before what changes something real it is asked, unless --yes is given; what the playbook does
    not have is told and left out. Where a step fails after the bump, the way back is offered, with
    what it will lose, or taken with --on-failure rollback or --yes. --on-failure stop leaves all
    as it is.
    """
    from runner.upgrading.course import carry_out
    from runner.upgrading.steps import begin, steps_of, way_back

    made = _Made(stage, yes)
    record = made.begun(after, resume=resume)
    ground = made.ground(record)
    begin(ground, record.started)
    wish = on_failure or ground.load().on_failure
    record = carry_out(steps_of(ground), way_back(ground), record, wish, made.port())
    made.close(record)
    sys.exit(record.exit_code)


@dataclass(frozen=True)
class _Made:
    """What the steps of an upgrade are given by the command line."""

    stage: Stage
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
            world=self.stage.world(),
            before=record.before,
            after=record.after,
            announce=self._announce,
        )

    def _announce(self, record: RolledBack) -> None:
        """Say what the way back will lose, and tell people of the freeze."""
        from runner.cli.notify import announce

        self.stage.plan(record)
        announce(self._load(), record.before, record.after)

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
        return load_playbook(self.stage.playbook, self.stage.profile, self.stage.overrides)

    def _run(self, name: str, resume: bool, environment: Mapping[str, str]) -> Run:  # noqa: FBT001 - the form of `Ground.run`
        stage = self.stage
        settings = RunSettings(
            playbook=stage.playbook,
            profile=stage.profile,
            overrides=stage.overrides,
            output=stage.output,
            resume=resume,
            as_json=stage.as_json,
            quiet=stage.quiet,
            verbose=stage.verbose,
            color=stage.color,
        )
        return carry_out_stage(name, settings, environment)

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
