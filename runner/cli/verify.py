"""``runner verify``: whether a bundle is what was sealed."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from runner.cli.options import option
from runner.errors import ExitCode
from runner.evidence.keys import read_public
from runner.evidence.verification import verify
from runner.reporters.text import one_line


@click.command("verify")
@click.argument("bundle", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Public key that must have signed.",
)
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(bundle: Path, *, key: Path | None, as_json: bool) -> None:
    """Verify a BUNDLE offline, and say what was proved and what not; nothing is extracted.

    The exit code is 1 where a byte is not as it was sealed.
    """
    found = verify(bundle, read_public(key) if key else None)
    if as_json:
        told = {
            "bundle": str(bundle),
            "holds": found.holds,
            "problems": found.problems,
            "proved": found.proved,
            "unproved": found.unproved,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
    else:
        click.echo(one_line(f"{bundle}: {'holds' if found.holds else 'DOES NOT HOLD'}"))
        for label, lines in (
            ("✗", found.problems),
            ("proved:", found.proved),
            ("not proved:", found.unproved),
        ):
            for line in lines:
                click.echo(one_line(f"  {label} {line}"))
    sys.exit(ExitCode.PASSED if found.holds else ExitCode.FAILED)
