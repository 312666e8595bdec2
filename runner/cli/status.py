"""``runner status``: where the upgrade stands, and what is next."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from runner.advisories.sources.base import Door, SourceError
from runner.cli import ci
from runner.cli.loading import load_playbook
from runner.cli.options import option, output_option, playbook_options
from runner.engine.dossier import Dossier
from runner.engine.errand import errand
from runner.engine.resume import history
from runner.engine.upgrade import NAME
from runner.errors import ExitCode
from runner.model import Playbook
from runner.model.standing import StageRecord, UpgradeStanding
from runner.release.checklist import Today
from runner.release.known import known_of
from runner.release.next_step import Commands
from runner.release.standing import encode, standing_of


@click.command("status")
@playbook_options
@output_option
@option("--check", is_flag=True, help="Exit with 1 where a pin has drifted, for CI.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
@option(
    "--color/--no-color",
    default=None,
    help="Use colours [default: on a terminal, unless NO_COLOR is set].",
)
def command(
    playbook: Path | None,
    profile: str,
    overrides: tuple[str, ...],
    output: Path,
    *,
    check: bool,
    as_json: bool,
    color: bool | None,
) -> None:
    """Show where the upgrade stands: pins, known advisories, what has been run, what is next.

    A place is in sync where it holds what the playbook says. A check that was run counts as long
    as it, the release and the commit are the same; else it is stale.
    """
    loaded = load_playbook(playbook, profile, overrides)
    standing = _standing(loaded, output, _commands(playbook, profile, overrides, output))
    if as_json:
        click.echo(encode(standing), nl=False)
    else:
        _show(standing, color=color)
    if check:
        ci.note(ci.of_pin(one, loaded.repository) for one in standing.pins if not one.in_sync)
    sys.exit(ExitCode.FAILED if check and not standing.in_sync else ExitCode.PASSED)


def _show(standing: UpgradeStanding, *, color: bool | None) -> None:
    from runner.reporters.console import Options, paper
    from runner.reporters.console.standing import picture

    sheet = paper(sys.stdout, Options(color=color), os.environ)
    sheet.print(picture(standing, sheet.look))


def _standing(playbook: Playbook, output: Path, commands: Commands) -> UpgradeStanding:
    dossier = Dossier(output)
    with errand(Path(playbook.repository)) as door:
        today = Today(playbook, _commit(door), _begun_from(dossier, playbook.release.package))
        advisories = known_of(playbook, door, datetime.now(UTC))
    return standing_of(today, _records(dossier, playbook), advisories, commands)


def _records(dossier: Dossier, playbook: Playbook) -> Mapping[str, StageRecord]:
    """Read what the journal tells of each stage; raises DossierError where it was changed."""
    found = {}
    for name in playbook.stages:
        past = history(dossier.journal, name)
        found[name] = StageRecord(past.last, past.subject, past.ended, past.results)
    return found


def _begun_from(dossier: Dossier, package: str) -> str:
    try:
        known = msgspec.json.decode((dossier.live / NAME).read_bytes(), type=dict[str, object])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return ""
    return str(known.get("from", "")) if known.get("package") == package else ""


def _commit(door: Door) -> str:
    """Ask git; empty outside a repository, as a run's subject has it."""
    try:
        ended = door.run(("git", "rev-parse", "HEAD"), timeout=30.0)
    except SourceError:
        return ""
    return ended.stdout.decode("ascii", "replace").strip() if ended.exit_code == 0 else ""


def _commands(
    playbook: Path | None, profile: str, overrides: tuple[str, ...], output: Path
) -> Commands:
    common = ["--playbook", str(playbook)] if playbook else []
    running = [*common, *(["--profile", profile] if profile else [])]
    for override in overrides:
        running += ["--set", override]
    if output != Path("analysis_outputs"):
        running += ["--output", str(output)]
    return Commands(tuple(common), tuple(running))
