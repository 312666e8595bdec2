"""``runner lint``: every error of playbooks, with its place."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from runner.cli import ci
from runner.cli.options import json_option, option, playbook_option
from runner.errors import ExitCode, UsageError
from runner.kinds import load_kinds
from runner.playbook import KindSpec, discover, load
from runner.playbook.problems import PlaybookInvalid, Problem


@click.command("lint")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path))
@playbook_option
@option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How errors are shown.",
)
@json_option
def command(files: tuple[Path, ...], playbook: Path | None, form: str, *, as_json: bool) -> None:
    """Show every error of the playbook(s), each as FILE:LINE:COLUMN, and exit with 2 on any.

    FILES, beside --playbook, default to the only config/*_release.yaml.
    """
    named = (*((playbook,) if playbook else ()), *files)
    chosen = tuple(dict.fromkeys(named)) or (discover(Path()),)
    kinds = load_kinds()
    problems = [problem for file in chosen for problem in _problems(file, kinds)]
    if as_json or form == "json":
        click.echo(msgspec.json.format(msgspec.json.encode(problems), indent=1))
    else:
        for problem in problems:
            click.echo(ci.shown(str(problem)), err=True)
        if not problems:
            click.echo(f"{len(chosen)} playbook{'s' * (len(chosen) > 1)} valid")
    ci.note(map(ci.of_problem, problems))
    sys.exit(ExitCode.INVALID if problems else ExitCode.PASSED)


def _problems(file: Path, kinds: Mapping[str, KindSpec]) -> tuple[Problem, ...]:
    """Give the problems of a file; that it cannot be read is one of them."""
    try:
        load(file, kinds=kinds, environment=None)
    except PlaybookInvalid as error:
        return error.problems
    except UsageError as error:
        message = error.message.removeprefix(f"{file}: ")
        return (Problem(str(file), 1, 1, "file", message, error.hint),)
    return ()
