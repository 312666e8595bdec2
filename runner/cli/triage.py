"""``runner triage``: candidates upstream, and which to take."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from runner.cli.loading import load_playbook
from runner.cli.migrations import migrations_of
from runner.cli.options import option, playbook_options
from runner.errors import ExitCode
from runner.model import Playbook
from runner.release.triage import Asker, Triage


@click.command("triage")
@playbook_options
@option(
    "--format",
    "layout",
    type=click.Choice(["console", "markdown"]),
    default="console",
    show_default=True,
    help="How it is laid out.",
)
@option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@option("--all", "every", is_flag=True, help="Try every newer version, not only those that matter.")
@option("--write", is_flag=True, help="Record target and day in the playbook.")
@option("-q", "--quiet", is_flag=True, help="Do not tell what is being asked.")
def command(
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    layout: str,
    *,
    as_json: bool,
    every: bool,
    write: bool,
    quiet: bool,
) -> None:
    """Ask upstream for newer versions, and recommend the smallest step that satisfies the policy.

    The package index is asked through pip's own client, with its index, certificates and
    credentials. A source that cannot be reached is shown as such; without the index nothing is
    known of newer versions, and the exit code is 3.
    """
    book = load_playbook(playbook, profile, overrides)
    triage = ask(book, quiet=quiet, every=every)
    triage = replace(triage, migrations=migrations_of(book, triage, _told(quiet=quiet)))
    show(triage, layout=layout, as_json=as_json)
    if not triage.reached:
        sys.exit(ExitCode.ERRORED)
    if write:
        from runner.release.triage_write import write as record

        click.echo(record(book, triage), err=True)


def ask(playbook: Playbook, *, quiet: bool, every: bool = False) -> Triage:
    """Make the triage, and tell on standard error what is being asked, unless it is quiet."""
    from runner.engine.errand import errand
    from runner.release.upstream.dependabot import TOKENS

    told = _told(quiet=quiet)
    with errand(Path(playbook.repository), secrets=TOKENS) as door:
        tokens = _tokens(TOKENS)
        return Asker(playbook, door, datetime.now(UTC), tokens, told, every=every).run()


def _told(*, quiet: bool) -> Callable[[str], None]:
    def told(text: str) -> None:
        if not quiet and sys.stderr.isatty():
            click.echo(f"{text} …", err=True)

    return told


def _tokens(names: tuple[str, ...]) -> Mapping[str, str]:
    return {name: os.environ[name] for name in names if os.environ.get(name)}


def show(triage: Triage, *, layout: str, as_json: bool) -> None:
    """Print a triage."""
    from runner.cli.triaged import console, markdown
    from runner.release.triage_record import encode, record

    document = record(triage)
    if as_json:
        click.echo(encode(document), nl=False)
    else:
        click.echo("\n".join((markdown if layout == "markdown" else console)(document)))
