"""What `runner rehearse`, `bisect` and `upgrade` have in common: their options, and how they show.

Each of them takes a step from one version to another, on one playbook, part by part.
"""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.options import (
    Decorator,
    display_options,
    output_option,
    playbook_options,
    together,
)
from runner.playbook import discover

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from runner.engine.dossier import Dossier
    from runner.engine.run import Reporter
    from runner.events import Event, Listener
    from runner.model import Playbook
    from runner.model.bisected import Bisected
    from runner.model.rehearsed import Rehearsed
    from runner.model.rolled_back import RolledBack
    from runner.rehearsal.rehearse import World
    from runner.reporters.console.page import Line
    from runner.reporters.console.paper import Paper

_SHARED = ("profile", "overrides", "output", "as_json", "quiet", "verbose", "color")


def step_options(*own: Decorator[Any], to: str, begin: str = "") -> Decorator[Any]:
    """Add ``--to``, ``--from`` where ``begin`` explains it, a command's own, and the shared ones.

    The command is handed a `Stage` for those that are shared.
    """
    named = [click.option("--to", "after", required=True, metavar="V", help=to)]
    if begin:
        named.append(click.option("--from", "before", default="", metavar="V", help=begin))
    options = together(*named, *own, playbook_options, output_option, display_options)

    def add(function: Callable[..., None]) -> Callable[..., None]:
        @wraps(function)
        def command(*, playbook: Path | None, **given: Any) -> None:  # noqa: ANN401 - click's
            shared = {name: given.pop(name) for name in _SHARED}
            function(stage=Stage(playbook or discover(Path()), **shared), **given)

        return options(command)  # type: ignore[no-any-return]

    return add


@dataclass(frozen=True)
class Stage:
    """Where a rehearsal is shown, and how."""

    playbook: Path
    """As given, or the only one that there is."""
    profile: str
    """Laid over it; empty for none."""
    overrides: tuple[str, ...]
    """``--set``."""
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

    def world(self) -> World:
        """Give the world of a rehearsal that is shown here."""
        from runner.rehearsal.rehearse import World
        from runner.rehearsal.staging import Show
        from runner.reporters.ci import for_checks

        return World(
            playbook=self.playbook,
            profile=self.profile,
            overrides=self.overrides,
            output=self.output,
            environment=for_checks(os.environ),
            show=Show(self._listener, _reporters),
            hear=self.hear,
        )

    def hear(self, event: Event) -> None:
        """Show a part as it begins and ends."""
        from runner.reporters.console.rehearsal import Parts

        Parts(self._paper(), quiet=self.quiet).hear(event)

    def plan(self, record: RolledBack) -> None:
        """Show what a way back will do and lose."""
        from runner.reporters.console.rollback import plan

        paper = self._paper()
        paper.print(plan(record, paper.look))

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
