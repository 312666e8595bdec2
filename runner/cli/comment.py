"""``runner comment``: what a run showed, in one comment on the pull request."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click
from msgspec.structs import replace

from runner.cli.options import option, output_option
from runner.engine.dossier import Dossier
from runner.errors import UsageError
from runner.forge.comments import keep_comment
from runner.forge.marks import LONGEST, mark
from runner.forge.rest import repository_of
from runner.model import Run
from runner.reporters.context import read
from runner.reporters.markdown import COMMENT, summary
from runner.reporters.text import one_line


@click.command("comment")
@output_option
@click.option("--stage", default="verification", show_default=True, help="Stage to tell of.")
@option("--pull-request", type=click.IntRange(1), help="Its number [default: that of GITHUB_REF].")
@option("--repository", default="", help="OWNER/NAME [default: GITHUB_REPOSITORY].")
def command(output: Path, stage: str, pull_request: int | None, repository: str) -> None:
    """Write what the last run of a stage showed into one comment on the pull request.

    The comment is made once and then brought up to date; a hidden mark tells it from others. The
    token is that of GITHUB_TOKEN or GH_TOKEN, and needs `pull-requests: write`.
    """
    dossier = Dossier(output)
    where = repository_of(os.environ, repository)
    number = pull_request or _number(os.environ.get("GITHUB_REF", ""))
    run = dossier.read_run(stage)
    sign = mark("run", run.subject.package, stage, run.subject.profile)
    posted = keep_comment(where, number, sign, _text(run, dossier, sign))
    done = "made" if posted.made else "up to date"
    click.echo(one_line(f"comment {done}: {posted.address}"))


def _text(run: Run, dossier: Dossier, sign: str) -> str:
    room = replace(COMMENT, characters=LONGEST - len(sign) - 1)
    return summary(run, dossier, read(dossier.live, run.stage), room)


def _number(ref: str) -> int:
    """Give the number of a pull request's merge ref, ``refs/pull/7/merge``."""
    found = re.fullmatch(r"refs/pull/(\d{1,9})/(?:merge|head)", ref)
    if found is None:
        raise UsageError(
            "this is no job of a pull request: GITHUB_REF does not name one",
            hint="name its number with --pull-request",
        )
    return int(found[1])
