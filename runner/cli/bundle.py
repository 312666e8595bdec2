"""``runner bundle``: the dossier, sealed into one archive."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from runner.cli import ci
from runner.cli.options import option, output_option
from runner.engine.dossier import Dossier
from runner.errors import UsageError
from runner.evidence.sealing import seal
from runner.reporters.text import count, one_line

if TYPE_CHECKING:
    from runner.evidence.keys import Private


@click.command("bundle")
@output_option
@click.option(
    "--to",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Folder of the bundle [default: that of the evidence].",
)
@click.option(
    "--key",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Private key to sign with, as `runner keygen` makes it.",
)
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(output: Path, to: Path | None, key: Path | None, *, as_json: bool) -> None:
    """Seal the dossier, of a green upgrade or a red one, into an archive that anyone can verify.

    The same dossier gives the same bytes. The archive is a .tar.gz that any tar opens.
    """
    dossier = Dossier(output)
    if not dossier.live.is_dir():
        raise UsageError(
            f"there is no dossier in {dossier.live}", hint="`runner validate` begins one"
        )
    private = _private(key) if key else None
    with dossier.locked():
        bundle, manifest = seal(dossier.live, to or output, private)
    ci.hand_over({"bundle": str(bundle)})
    size = sum(one.size for one in manifest.files)
    if as_json:
        told = {"bundle": str(bundle), "files": len(manifest.files), "bytes": size}
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
    else:
        files = count(len(manifest.files), "file")
        click.echo(
            one_line(
                f"sealed {bundle}: {files}, {size:,} bytes, {'signed' if key else 'not signed'}"
            )
        )


def _private(key: Path) -> Private:
    from runner.evidence.keys import PASSPHRASE, read_private

    return read_private(key, os.environ.get(PASSPHRASE, ""))
