"""``runner bundle``: the dossier, sealed into one archive."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from runner.cli import ci
from runner.cli.options import option, output_option
from runner.engine.dossier import Dossier
from runner.errors import ExitCode, UsageError
from runner.evidence.chain import problem_of
from runner.evidence.completeness import ARTEFACTS
from runner.evidence.manifest import Manifest
from runner.evidence.sealing import seal
from runner.reporters.text import count, one_line

if TYPE_CHECKING:
    from runner.evidence.signing import Signer


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
@option("--keyless", is_flag=True, help="Sign by sigstore, as whom the CI job's OIDC token says.")
@option("--complete", is_flag=True, help="Exit with 1 where evidence for an audit is missing.")
@option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(
    output: Path,
    to: Path | None,
    *,
    key: Path | None,
    keyless: bool,
    complete: bool,
    as_json: bool,
) -> None:
    """Seal the dossier, of a green upgrade or a red one, into an archive that anyone can verify.

    The same dossier gives the same bytes. The archive is a .tar.gz that any tar opens. Its
    manifest names what is missing of the evidence for an audit; it is sealed all the same, as is
    a journal whose chain is broken, with a warning. A signed bundle of the same name is replaced
    by a signed one alone.
    """
    dossier = Dossier(output)
    if not dossier.live.is_dir():
        raise UsageError(
            f"there is no dossier in {dossier.live}", hint="`runner validate` begins one"
        )
    signer = _signer(key, keyless=keyless)
    with dossier.locked():
        bundle, manifest = seal(dossier.live, to or output, signer)
        broken = problem_of(dossier.journal)
    ci.hand_over({"bundle": str(bundle)})
    _tell(bundle, manifest, broken, signed=signer is not None, as_json=as_json)
    if broken:
        told = f"warning: {dossier.journal}: {broken}; the bundle will not hold when it is verified"
        click.echo(one_line(told), err=True)
    sys.exit(ExitCode.FAILED if complete and manifest.missing else ExitCode.PASSED)


def _tell(bundle: Path, manifest: Manifest, broken: str, *, signed: bool, as_json: bool) -> None:
    size = sum(one.size for one in manifest.files)
    if as_json:
        told = {
            "bundle": str(bundle),
            "files": len(manifest.files),
            "bytes": size,
            "signed": signed,
            "missing": manifest.missing,
            "journal": broken,
        }
        click.echo(msgspec.json.format(msgspec.json.encode(told), indent=2))
        return
    files = count(len(manifest.files), "file")
    state = "signed" if signed else "not signed"
    click.echo(one_line(f"sealed {bundle}: {files}, {size:,} bytes, {state}"))
    for name in manifest.missing:
        click.echo(f"  missing {name}: {ARTEFACTS[name].what}\n    hint: {ARTEFACTS[name].mend}")


def _signer(key: Path | None, *, keyless: bool) -> Signer | None:
    if key and keyless:
        raise UsageError("give --key or --keyless, not both")
    if keyless:
        from runner.evidence.keyless import signer

        return signer()
    if key is None:
        return None
    from runner.evidence.keys import PASSPHRASE, read_private
    from runner.evidence.signing import KeySigner

    return KeySigner(read_private(key, os.environ.get(PASSPHRASE, "")))
