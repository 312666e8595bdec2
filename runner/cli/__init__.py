"""The command line: one module per command, each of them parse, build, execute."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from runner import __version__
from runner.errors import ExitCode, RunnerError

_COMMANDS = {
    "advisories": "Show which advisories affect which versions of a package, or export them.",
    "bisect": "Find the first version that breaks, by rehearsals.",
    "bump": "Change the release, and every place that repeats it.",
    "bundle": "Seal the dossier into one archive that can be verified.",
    "comment": "Keep one comment on the pull request up to date with a run.",
    "fleet": "Join the verdicts of many repositories into one table.",
    "history": "List past runs, or compare two.",
    "init": "Scaffold a playbook for this repository.",
    "issue": "Keep one issue up to date with what triage recommends.",
    "keygen": "Make a key to sign bundles with.",
    "lint": "Show every error of the playbook(s).",
    "matrix": "Print the jobs that a stage is spread over, for a CI engine.",
    "merge": "Join the shards of a stage into one dossier, with one verdict.",
    "notify": "Tell people what a run showed, or announce a freeze.",
    "plan": "Show what would run, resolved; run nothing.",
    "rehearse": "Rehearse an upgrade and its rollback, on copies.",
    "report": "Make every report of the dossier again.",
    "rollback": "Take an upgrade back: pins, locks, database and artifacts.",
    "run": "Run a stage: preflight, rollout, rollback, or one of your own.",
    "schema": "Print the JSON Schema of the playbook, or of a document.",
    "status": "Show where the upgrade stands, and what is next.",
    "triage": "Show newer versions upstream, and which to take.",
    "upgrade": "Upgrade: triage, rehearse, bump, verify, roll out, seal.",
    "validate": "Run the verification matrix (= run verification).",
    "verify": "Prove that a bundle is what was sealed.",
}
"""Name to help of each command; its module is imported only when it is used."""


class _Lazy(click.Group):
    """A group whose commands are modules of this package."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands."""
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command."""
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        command = import_module(f"runner.cli.{cmd_name}").command
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        """Show an error of ours as message and hint, never as a traceback."""
        try:
            return super().invoke(ctx)
        except RunnerError as error:
            _show(error)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            sys.exit(ExitCode.INTERRUPTED)
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception:  # noqa: BLE001 - exit code 1 would say that a check failed
            from traceback import format_exc

            click.echo(
                f"{_clean(format_exc())}runner: this is a bug in runner {__version__}", err=True
            )
            sys.exit(ExitCode.ERRORED)


def _show(error: RunnerError) -> None:
    from runner.cli import ci
    from runner.playbook.problems import PlaybookInvalid

    _note(error)
    if isinstance(error, PlaybookInvalid):
        click.echo(ci.shown(error.message), err=True)  # a line each, beginning with the place
        count = len(error.problems)
        click.echo(f"runner: {count} problem{'s' * (count > 1)}, nothing was run", err=True)
        return
    click.echo(ci.shown(_clean(f"runner: {error.message}")), err=True)
    if error.hint:
        click.echo(ci.shown(_clean(f"  hint: {error.hint}")), err=True)


def _note(error: RunnerError) -> None:
    """Show the error where a CI system has a place for it."""
    from runner.cli import ci
    from runner.playbook.problems import PlaybookInvalid
    from runner.reporters.ci import Note

    if isinstance(error, PlaybookInvalid):
        ci.note(map(ci.of_problem, error.problems))
    else:
        told = (error.message, error.hint and f"hint: {error.hint}")
        ci.note([Note("error", "runner", _clean("\n".join(filter(None, told))))])


def _clean(text: str) -> str:
    """Take out what the environment holds of secrets: an error may quote anything."""
    from runner.engine.redaction import Redactor, secrets_in

    return Redactor(secrets_in(os.environ)).text(text)


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="runner")
def main() -> None:
    """Upgrade a pinned dependency, and prove it."""
