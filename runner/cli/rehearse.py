"""``runner rehearse``: the whole upgrade and its rollback, on copies."""

from __future__ import annotations

import os
import shlex
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import display_options, output_option, playbook_options
from runner.playbook import discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.engine.dossier import Dossier
    from runner.engine.run import Reporter
    from runner.events import Event, Listener
    from runner.model import Playbook
    from runner.model.bisected import Bisected
    from runner.model.rehearsed import Rehearsed
    from runner.rehearsal.rehearse import World
    from runner.reporters.console.page import Line
    from runner.reporters.console.paper import Paper


@click.command("rehearse")
@click.option("--to", "after", required=True, metavar="V", help="The version to rehearse.")
@click.option(
    "--from",
    "before",
    default="",
    metavar="V",
    help="The version to begin with [default: that of the playbook].",
)
@playbook_options
@output_option
@display_options
def command(
    *,
    after: str,
    before: str,
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    output: Path,
    as_json: bool,
    quiet: bool,
    verbose: bool,
    color: bool | None,
) -> None:
    """Rehearse an upgrade and its rollback on copies: how long, what changes, and does it hold.

    In a git worktree, with an environment for each version, copies of database and artifacts, and
    free ports: the old version is measured, the bump, the migration and the matrix follow, then
    the rollback, and the old version must be as it was. Repository, database and artifacts stay
    byte for byte as they are, and everything scratch is removed.
    """
    from runner.rehearsal.rehearse import rehearse

    stage = Stage(output, as_json=as_json, quiet=quiet, verbose=verbose, color=color)
    world = stage.world(playbook or discover(Path()), profile, overrides)
    record = rehearse(world, after, before)
    stage.close(record)
    sys.exit(record.exit_code)


@dataclass(frozen=True)
class Stage:
    """Where a rehearsal is shown, and how."""

    output: Path
    """Folder of the evidence."""
    as_json: bool
    """Print the record instead of a picture; all else goes to standard error."""
    quiet: bool
    """Show only what did not pass, and the verdict."""
    verbose: bool
    """Stream what checks print."""
    color: bool | None
    """None decides by the terminal."""

    def world(self, playbook: Path, profile: str, overrides: tuple[str, ...]) -> World:
        """Give the world of a rehearsal that is shown here."""
        from runner.rehearsal.rehearse import World
        from runner.rehearsal.staging import Show
        from runner.reporters.ci import for_checks

        return World(
            playbook=playbook,
            profile=profile,
            overrides=overrides,
            output=self.output,
            environment=for_checks(os.environ),
            show=Show(self._listener, _reporters),
            hear=self.hear,
        )

    def hear(self, event: Event) -> None:
        """Show a part as it begins and ends."""
        from runner.reporters.console.rehearsal import Parts

        Parts(self._paper(), quiet=self.quiet).hear(event)

    def print(self, lines: Iterable[Line]) -> None:
        """Show lines."""
        self._paper().print(lines)

    def _paper(self) -> Paper:
        from runner.reporters.console import Options, paper

        return paper(sys.stderr if self.as_json else sys.stdout, Options(color=self.color))

    def _listener(self, dossier: Dossier) -> AbstractContextManager[Listener]:
        from runner.reporters.console import Pointers
        from runner.reporters.console.plain import Plain
        from runner.reporters.console.rehearsal import Troubles

        again = shlex.join(["runner", *sys.argv[1:]])
        live = str(dossier.live)
        pointers = Pointers(lambda _check: again, live, live)
        if self.verbose:
            return Plain(self._paper(), pointers, verbose=True)
        return Troubles(self._paper(), pointers)

    def announce(self, step: str) -> None:
        """Say which step is rehearsed next."""
        from runner.reporters.console.page import Tone, line, say

        self._paper().print([(), line(say(f"rehearsing {step}", Tone.STRONG))])

    def conclude(self, record: Bisected) -> None:
        """Show what a bisection has found."""
        from runner.model.bisected import encode
        from runner.reporters.console.bisection import picture

        if self.as_json:
            click.echo(encode(record), nl=False)
            return
        sheet = self._paper()
        sheet.print(picture(record, sheet.look))

    def close(self, record: Rehearsed) -> None:
        """Show what came of it."""
        from runner.engine.rehearsals import place_of
        from runner.model.rehearsed import encode
        from runner.reporters.console.rehearsal import picture

        if self.as_json:
            click.echo(encode(record), nl=False)
            return
        live = place_of(self.output, record.before, record.after) / "live"
        sheet = self._paper()
        sheet.print(picture(record, str(live), sheet.look))


def _reporters(playbook: Playbook) -> Sequence[Reporter]:
    from runner.cli.run import Reports

    return [Reports(playbook, "strict")]
