"""``runner keygen``: a key to sign bundles with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from runner.reporters.text import one_line


@click.command("keygen")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--type",
    "kind",
    type=click.Choice(["ed25519", "ecdsa-p256"]),
    default="ed25519",
    show_default=True,
    help="What kind of key.",
)
def command(file: Path, kind: Any) -> None:  # noqa: ANN401 - one of the choices
    """Write a private key into FILE, and its public key into FILE.pub.

    RUNNER_KEY_PASSPHRASE gives the private key a passphrase.
    """
    from runner.evidence.keys import PASSPHRASE, generate

    beside, name = generate(kind, file, os.environ.get(PASSPHRASE, ""))
    click.echo(one_line(f"private {file} · public {beside} · key id {name}"))
