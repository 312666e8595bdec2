"""``runner verify``: whether a bundle is what was sealed, and of what it is."""

from __future__ import annotations

import hashlib
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.options import option
from runner.errors import ExitCode, UsageError
from runner.evidence.acceptance import Expected, objections
from runner.evidence.verification import Verdict, verify
from runner.reporters.text import one_line

if TYPE_CHECKING:
    from runner.evidence.signing import Trust

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.command("verify")
@click.argument("bundle", type=_FILE)
@click.option("--key", type=_FILE, help="Public key that must have signed.")
@click.option("--identity", help="Who must have signed keyless, as the issuer names it.")
@click.option("--issuer", help="Address of the OIDC issuer of that identity.")
@click.option("--commit", help="Accept the verdict of this git commit only, without changes.")
@click.option("--release", help="Accept the verdict of this version only.")
@click.option("--profile", help="Accept the verdict of this profile only; '' is none.")
@click.option("--playbook", type=_FILE, help="Accept the verdict of exactly this playbook only.")
@click.option(
    "--stage", default="verification", show_default=True, help="Whose verdict is to be accepted."
)
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    bundle: Path,
    *,
    key: Path | None,
    identity: str | None,
    issuer: str | None,
    commit: str | None,
    release: str | None,
    profile: str | None,
    playbook: Path | None,
    stage: str,
    as_json: bool,
) -> None:
    """Verify a BUNDLE offline, and say what was proved and what not; nothing is extracted.

    The exit code is 1 where a byte is not as it was sealed. With --commit, --release, --profile
    or --playbook it is 1 too unless the stage has passed as a whole, of exactly these.
    """
    expected = Expected(stage, _commit(commit), release, profile, _sha256(playbook))
    found = verify(bundle, _trust(key, identity, issuer))
    against = tuple(objections(found.runs, expected)) if expected.asks else None
    (_print_json if as_json else _show)(str(bundle), found, against)
    sys.exit(ExitCode.PASSED if found.holds and not against else ExitCode.FAILED)


def _print_json(bundle: str, found: Verdict, against: tuple[str, ...] | None) -> None:
    from runner.evidence.verdict_document import document, encode

    click.echo(encode(document(bundle, found, against)), nl=False)


def _show(bundle: str, found: Verdict, against: tuple[str, ...] | None) -> None:
    word = "holds" if found.holds else "DOES NOT HOLD"
    accepted = ""
    if against is not None:
        good = found.holds and not against
        accepted = ", and its verdict is accepted" if good else ", NOT ACCEPTED"
    click.echo(one_line(f"{bundle}: {word}{accepted}"))
    for label, lines in (
        ("✗", found.problems),
        ("not accepted:", against or ()),
        ("proved:", found.proved),
        ("not proved:", found.unproved),
    ):
        for line in lines:
            click.echo(one_line(f"  {label} {line}"))


def _trust(key: Path | None, identity: str | None, issuer: str | None) -> Trust | None:
    if bool(identity) != bool(issuer) or (key and identity):
        raise UsageError("give --key, or --identity and --issuer together")
    if key:
        from runner.evidence.keys import read_public
        from runner.evidence.signing import KeyTrust

        return KeyTrust(read_public(key))
    if identity and issuer:
        from runner.evidence.keyless import trust

        return trust(identity, issuer)
    return None


def _commit(commit: str | None) -> str | None:
    if commit is not None and not re.fullmatch(r"[0-9A-Fa-f]{7,64}", commit):
        raise UsageError(
            f"--commit {commit!r} is no commit's hash", hint="as `git rev-parse HEAD` gives it"
        )
    return commit


def _sha256(file: Path | None) -> str | None:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest() if file else None
    except OSError as error:
        raise UsageError(f"cannot read {file}: {error.strerror}") from error
