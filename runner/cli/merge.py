"""``runner merge``: the shards of a stage, joined into one dossier with one verdict."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import click

from runner.cli.options import dialect_option, output_option, result_options
from runner.engine.dossier import Dossier
from runner.engine.merge import MergeRecord, merge
from runner.engine.merge.record import encode
from runner.events import RunEnded
from runner.model import Run
from runner.reporters import context, registry
from runner.reporters.base import Dialect
from runner.reporters.console import Options, Pointers, console
from runner.reporters.reading import rerun_command
from runner.reporters.text import one_line


@click.command("merge")
@click.argument(
    "folders", metavar="DIR...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--stage", default="verification", show_default=True, help="Stage to join.")
@output_option
@dialect_option
@result_options
def command(
    folders: tuple[Path, ...],
    *,
    stage: str,
    output: Path,
    junit_dialect: Dialect,
    as_json: bool,
    quiet: bool,
    color: bool | None,
) -> None:
    """Join the shards of a stage, each in its own output folder DIR, into one dossier.

    A DIR may also hold several of them. A shard that is missing, doubled, damaged or was killed
    makes the whole errored; shards of different commits, playbooks or releases are not joined.
    """
    shown = Shown(Options(quiet=quiet, color=color, live=False), err=as_json)
    record = merge(folders, stage, Dossier(output), [JoinedReports(junit_dialect), shown])
    _tell(record)
    if as_json:
        click.echo(encode(record), nl=False)
    sys.exit(record.exit_code)


def _tell(record: MergeRecord) -> None:
    for problem in record.problems:
        click.echo(one_line(f"runner: incomplete: {problem}"), err=True)
    if not record.dossier:
        click.echo("runner: the verdict is errored: nothing was joined", err=True)


@dataclass(frozen=True)
class JoinedReports:
    """Writes every report of a joined run."""

    dialect: Dialect
    """Of ``junit.xml``."""

    def __call__(self, run: Run, dossier: Dossier) -> None:
        """Write them; raises RunnerError."""
        registry.write(run, dossier, context.join(run, dossier, self.dialect))


@dataclass(frozen=True)
class Shown:
    """Shows what has come out, as at the end of a run."""

    options: Options
    """What the user wants to see."""
    err: bool
    """Whether standard output is for JSON alone."""

    def __call__(self, run: Run, dossier: Dossier) -> None:
        """Show it."""
        where = str(dossier.live)
        pointers = Pointers(lambda check: rerun_command(run.rerun, check), where, where)
        stream = sys.stderr if self.err else sys.stdout
        with console(stream, pointers, self.options) as listener:
            listener.hear(RunEnded(run))
