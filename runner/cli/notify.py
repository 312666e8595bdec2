"""``runner notify``: people are told what a run showed, or of a freeze."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path

import click

from runner.cli.loading import load_playbook
from runner.cli.options import output_option, playbook_options
from runner.engine.dossier import Dossier
from runner.engine.redaction import Redactor, secrets_in
from runner.errors import DossierError, ExitCode, UsageError
from runner.model import Playbook, Run
from runner.reporters.context import read
from runner.reporters.notify.occasions import FREEZE, Message, freeze, messages
from runner.reporters.notify.telling import Told, secrets_in_addresses, tell
from runner.reporters.text import clean, one_line


@click.command("notify")
@playbook_options
@output_option
@click.option("--stage", default="verification", show_default=True, help="Stage to tell of.")
@click.option("--freeze", "text", default="", metavar="TEXT", help="Announce a freeze instead.")
@click.option("--dry-run", is_flag=True, help="Show who would get what; send nothing.")
def command(
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    output: Path,
    stage: str,
    text: str,
    *,
    dry_run: bool,
) -> None:
    """Tell the roles of the playbook's `notify` what the last run of a stage showed.

    A run does so by itself at its end. The exit code is 3 where a message did not arrive.
    """
    book = load_playbook(playbook, profile, overrides)
    if not book.notify:
        raise UsageError(f"{book.file} tells nobody", hint="`notify` names where a role is told")
    release = f"{book.release.package} {book.release.version}"
    told = (freeze(release, text),) if text else of_run(Dossier(output), stage)
    if not told:
        click.echo("nothing to tell: it did not fail, recover, or turn vulnerabilities green")
    troubles = show(tell(told, book.notify, os.environ, dry_run=dry_run), book, dry_run=dry_run)
    sys.exit(ExitCode.ERRORED if troubles and not dry_run else ExitCode.PASSED)


def at_the_end(book: Playbook, run: Run, dossier: Dossier) -> None:
    """Tell of a run that has ended, where the playbook says to; it changes no verdict."""
    try:
        told = messages(run, _before(run, dossier), dossier, read(dossier.live, run.stage))
        show(tell(told, book.notify, os.environ), book, dry_run=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, the run is over and has its verdict
        click.echo(_harmless(book, f"notify: nobody was told: {error}"), err=True)


def announce(book: Playbook, before: str, after: str) -> None:
    """Tell of the freeze for a rollback, or say that nobody is told; it changes no verdict."""
    package = book.release.package
    if not any(FREEZE in one.of for one in book.notify):
        click.echo(
            "notify: nobody is told of the freeze: the playbook's 'notify' names nobody", err=True
        )
        return
    way = f"from {before} to {after}" if before else f"to {after}"
    text = f"{package} is rolled back {way}: please deploy nothing until that is done."
    told = (freeze(f"{package} {before or after}", text),)
    try:
        show(tell(told, book.notify, os.environ), book, dry_run=False)
    except Exception as error:  # noqa: BLE001 - whatever it is, users wait for the way back
        click.echo(_harmless(book, f"notify: nobody was told: {error}"), err=True)


def of_run(dossier: Dossier, stage: str) -> tuple[Message, ...]:
    """Give what is to be told of the last run of a stage; raises DossierError."""
    run = dossier.read_run(stage)
    return messages(run, _before(run, dossier), dossier, read(dossier.live, stage))


def _before(run: Run, dossier: Dossier) -> Run | None:
    """Give the run that this one replaced: it was set aside under its successor's id."""
    try:
        return dossier.read_run(f"earlier/{run.stage}-before-{run.id}")
    except DossierError:
        return None


def show(found: Iterable[Told], book: Playbook, *, dry_run: bool) -> int:
    """Say who was told what, and give how many messages did not arrive."""
    troubles = 0
    for one in found:
        troubles += bool(one.trouble)
        where = f"{one.role}{f' ({one.service})' if one.service else ''}"
        done = f"NOT TOLD: {one.trouble}" if one.trouble else "would be told" if dry_run else "told"
        line = f"notify: {where}: {done}: {one.message.title}"
        click.echo(_harmless(book, line), err=not dry_run)
        if dry_run:
            click.echo(_indented(one.message.body))
    return troubles


def _indented(text: str) -> str:
    return "\n".join(f"  {line}".rstrip() for line in clean(text).rstrip().split("\n"))


def _harmless(book: Playbook, text: str) -> str:
    hidden = secrets_in(os.environ)
    for one in book.notify:
        hidden |= secrets_in_addresses(one.urls, os.environ.get(one.urls, ""))
    return one_line(Redactor({name: value for name, value in hidden.items() if value}).text(text))
