"""The attestations of a bundle: its last entry, a line for each statement."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from runner.evidence import keyless
from runner.evidence.contents import Contents
from runner.evidence.envelope import unpack
from runner.evidence.manifest import ATTESTATIONS, KEYLESS, Manifest
from runner.evidence.signing import Signer, Trust
from runner.evidence.statement import statements

PAYLOADS: Final[Mapping[str, Callable[[bytes], bytes]]] = {
    ATTESTATIONS: lambda line: unpack(line)[0],
    KEYLESS: keyless.payload_of,
}
"""Name of each entry that can hold attestations, with what reads the statement of a line."""


def attest(manifest: Manifest, contents: Contents, signer: Signer) -> bytes:
    """Sign what is shown; raises ValueError where a record cannot be read, and SealError."""
    made = list(statements(manifest, contents, git=signer.git))
    return b"".join(signer.sign(statement) for _, statement in made)


def problems(
    manifest: Manifest, contents: Contents, entry: str, content: bytes, trust: Trust | None
) -> Iterator[str]:
    """Hold the attestations against the bundle's own records, and their signatures against trust.

    That an entry of another kind than the trusted one is there is the caller's to say.
    """
    try:
        expected = list(statements(manifest, contents, git=entry == ATTESTATIONS))
    except ValueError as error:
        yield str(error)
        return
    lines = content.split(b"\n")
    if lines[-1] or len(lines) - 1 != len(expected):
        yield f"{entry}: does not hold one line for each stage and each source of a scan"
        return
    for number, (line, (path, statement)) in enumerate(zip(lines, expected, strict=False), 1):
        try:
            payload = PAYLOADS[entry](line)
        except ValueError as error:
            yield f"{entry}: line {number} {error}"
            continue
        if payload != statement:
            yield f"{entry}: line {number} does not say what {path} and the manifest do"
        if trust is not None and (doubt := trust.doubt(line)):
            yield f"{entry}: line {number} {doubt}"
