"""The attestations of a bundle: the last entry, a DSSE envelope a line, one for each stage."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from runner.evidence.envelope import is_by, pack, unpack
from runner.evidence.keys import Private, Public
from runner.evidence.manifest import ATTESTATIONS, Manifest
from runner.evidence.statement import statement_of
from runner.model import Run


def attest(manifest: Manifest, runs: Mapping[str, bytes], key: Private) -> bytes:
    """Sign what each stage has shown; raises ValueError where a run cannot be read."""
    return b"".join(pack(one, key) for _, one in _statements(manifest, runs))


def _statements(manifest: Manifest, runs: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for path, content in runs.items():
        try:
            run = msgspec.json.decode(content, type=Run)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ValueError(f"{path}: is not the record of a run") from error
        yield path, statement_of(manifest, run)


def problems(
    manifest: Manifest, runs: Mapping[str, bytes], content: bytes, key: Public | None
) -> Iterator[str]:
    """Hold the attestations against the bundle's own runs, and their signatures against a key."""
    try:
        expected = list(_statements(manifest, runs))
    except ValueError as error:
        yield str(error)
        return
    lines = content.split(b"\n")
    if lines[-1] or len(lines) - 1 != len(expected):
        yield f"{ATTESTATIONS}: does not hold one line for each stage"
        return
    for number, (line, (path, statement)) in enumerate(zip(lines, expected, strict=False), 1):
        try:
            payload, envelope = unpack(line)
        except ValueError as error:
            yield f"{ATTESTATIONS}: line {number} {error}"
            continue
        if payload != statement:
            yield f"{ATTESTATIONS}: line {number} does not say what {path} and the manifest do"
        if key is not None and not is_by(envelope, payload, key):
            yield f"{ATTESTATIONS}: line {number} is not signed by the key"
