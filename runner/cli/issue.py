"""``runner issue``: what triage recommends, in one issue."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec

from runner.cli.triaged import markdown
from runner.errors import UsageError
from runner.forge.issues import keep_issue
from runner.forge.marks import mark
from runner.forge.rest import repository_of
from runner.release.triage_record import TriageDocument
from runner.reporters.text import one_line


@click.command("issue")
@click.argument("triage", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
@click.option("--repository", default="", help="OWNER/NAME [default: GITHUB_REPOSITORY].")
def command(triage: Path, repository: str) -> None:
    """Write what TRIAGE recommends, as `runner triage --json` prints it, into one open issue.

    The issue is made once and then brought up to date; where nothing is to be taken any more it is
    closed. The token is that of GITHUB_TOKEN or GH_TOKEN, and needs `issues: write`.
    """
    where = repository_of(os.environ, repository)
    told = _read(triage)
    target = told.recommendation.version
    title = one_line(f"Upgrade {told.package} {told.current} to {target}")
    text = "\n".join((*markdown(told), *_how(target)))
    posted = keep_issue(where, mark("triage", told.package), title, text, wanted=bool(target))
    if posted is None:
        click.echo("no issue: nothing newer is to be taken")
        return
    done = "made" if posted.made else "up to date" if target else "closed"
    click.echo(one_line(f"issue {done}: {posted.address}"))


def _how(target: str | None) -> Iterator[str]:
    if target:
        yield from ("", "```console", f"$ runner bump --version {target}", "```")


def _read(path: Path) -> TriageDocument:
    try:
        content = sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
        return msgspec.json.decode(content, type=TriageDocument)
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is no triage: {error}", hint="`runner triage --json` prints one"
        ) from error
