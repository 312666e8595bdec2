"""Sealing: a dossier becomes a bundle; the same dossier becomes the same bytes."""

from __future__ import annotations

import contextlib
import fcntl
import gzip
import hashlib
import itertools
import os
import stat
import tarfile
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from runner.errors import RunnerError, UsageError
from runner.evidence.completeness import missing
from runner.evidence.container import END, Writer, header, padding
from runner.evidence.contents import Contents
from runner.evidence.manifest import (
    ATTESTATIONS,
    FORMAT,
    JOURNAL,
    KEYLESS,
    NAME,
    UPGRADE,
    BundledFile,
    Manifest,
    Upgrade,
    encode,
)
from runner.files import sync_folder

if TYPE_CHECKING:
    from runner.evidence.signing import Signer

_CHUNK = 1 << 20
_HIDDEN = frozenset({".lock"})
"""Files in the dossier that are no evidence."""


class _Line(msgspec.Struct, frozen=True):
    """What is read of a line of the journal."""

    time: str


class SealError(RunnerError):
    """A dossier that cannot be sealed."""


def seal(
    live: Path, output: Path, signer: Signer | None = None, *, aside: bool = False
) -> tuple[Path, Manifest]:
    """Write the bundle of a dossier into a folder, and give its path and manifest.

    With a signer, what each stage and each scan has shown is attested and signed. A signed bundle
    is not replaced by one without a signature: it is set ``aside`` under another name, or refused.

    Raises UsageError where there is no dossier or a signed bundle, and SealError where a file is
    no evidence, changes meanwhile, or the bundle cannot be written; then none is left.
    """
    manifest, contents = _manifest(live)
    bundle = output / f"{manifest.folder}.tar.gz"
    if signer is None and is_signed(bundle):
        _keep(bundle, aside=aside)
    part = bundle.with_name(f".{bundle.name}.{os.getpid()}.part")
    try:
        signed = _signed(manifest, contents, signer) if signer else b""
        _forget_killed(output)
        with part.open("xb") as stream, ThreadPoolExecutor(os.cpu_count()) as pool:
            fcntl.flock(stream, fcntl.LOCK_SH)
            writer = Writer(stream, pool)
            _write(live, manifest, writer)
            if signer:
                _entry(writer, f"{manifest.folder}/{signer.entry}", signed)
            writer.write(END)
            writer.close()
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(bundle)
        sync_folder(output)
    except OSError as error:
        raise SealError(
            f"cannot write {bundle}: {error.strerror}",
            hint="free some space, or choose another folder with --to",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return bundle, manifest


def is_signed(bundle: Path) -> bool:
    """Say whether a bundle is there, can be read, and has attestations; they come last."""
    try:
        with gzip.open(bundle) as data, tarfile.open(fileobj=data, mode="r|") as archive:
            return any(one.name.endswith((f"/{ATTESTATIONS}", f"/{KEYLESS}")) for one in archive)
    except (OSError, EOFError, tarfile.TarError, zlib.error):
        return False


def _keep(bundle: Path, *, aside: bool) -> None:
    if not aside:
        raise UsageError(
            f"{bundle} is signed, and would be replaced by a bundle that is not",
            hint="sign this one too (--key, --keyless), choose another folder (--to), or move it",
        )
    names = (bundle.with_name(f"{bundle.name[:-7]}.signed-{n}.tar.gz") for n in itertools.count(1))
    bundle.rename(next(one for one in names if not one.exists()))


def _forget_killed(output: Path) -> None:
    """Remove what a sealing that was killed has left: no process holds its lock any more."""
    for left in output.glob(".*.tar.gz.*.part"):
        with contextlib.suppress(BlockingIOError), left.open("rb") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            left.unlink()


def _manifest(live: Path) -> tuple[Manifest, Contents]:
    try:
        upgrade = msgspec.json.decode((live / UPGRADE).read_bytes(), type=Upgrade)
        recorded = _last_line(live / JOURNAL)
    except FileNotFoundError:
        raise UsageError(
            f"there is no dossier in {live}", hint="`runner validate` begins one; see --output"
        ) from None
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise SealError(f"{live} is no dossier: {error}") from error
    contents = Contents()
    files = tuple(_file(live, path, contents) for path in _paths(live))
    manifest = Manifest(
        FORMAT,
        upgrade.package,
        upgrade.before,
        upgrade.after,
        recorded,
        missing(contents),
        files,
    )
    if problem := next(manifest.problems(), ""):
        raise SealError(f"{live} cannot be sealed: {problem}", hint="rename that file")
    return manifest, contents


def _last_line(journal: Path) -> str:
    """Give the time of the last whole line."""
    line = b""
    with journal.open("rb") as stream:
        for one in stream:
            line = one if one.endswith(b"\n") else line
    return msgspec.json.decode(line, type=_Line).time


def _paths(live: Path) -> list[str]:
    """Give every file, ordered by the bytes of its path; raises SealError for what is no file."""
    found = []
    for folder, folders, files in os.walk(live):
        for name in (*folders, *files):
            path = Path(folder, name)
            mode = path.lstat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise SealError(f"{path}: is neither a file nor a folder", hint="remove it")
            if stat.S_ISREG(mode):
                found.append(path.relative_to(live).as_posix())
    return sorted((one for one in found if one not in _HIDDEN), key=os.fsencode)


def _file(live: Path, path: str, contents: Contents) -> BundledFile:
    digest = hashlib.sha256()
    try:
        size = (live / path).stat().st_size
        sink = contents.begin(BundledFile(path, size, ""))
        with (live / path).open("rb") as stream:
            size = 0
            for data in _pieces(stream):
                digest.update(data)
                size += len(data)
                if sink:
                    sink.take(data)
    except OSError as error:
        raise SealError(f"cannot read {live / path}: {error.strerror}") from error
    return BundledFile(path, size, digest.hexdigest())


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while data := stream.read(_CHUNK):
        yield data


def _write(live: Path, manifest: Manifest, writer: Writer) -> None:
    _entry(writer, f"{manifest.folder}/{NAME}", encode(manifest))
    for one in manifest.files:
        writer.write(header(f"{manifest.folder}/{one.path}", one.size))
        digest = hashlib.sha256()
        with (live / one.path).open("rb") as source:
            for data in _pieces(source):
                digest.update(data)
                writer.write(data)
        if digest.hexdigest() != one.sha256:
            raise SealError(f"{live / one.path} changed while it was sealed", hint="seal it again")
        writer.write(padding(one.size))


def _entry(writer: Writer, name: str, content: bytes) -> None:
    writer.write(header(name, len(content)) + content + padding(len(content)))


def _signed(manifest: Manifest, contents: Contents, signer: Signer) -> bytes:
    from runner.evidence.attested import attest

    if not contents.runs:
        raise SealError("there is no run of a stage to attest", hint="`runner validate` makes one")
    try:
        return attest(manifest, contents, signer)
    except ValueError as error:
        raise SealError(str(error), hint="run that stage again") from error
