"""Verification: a bundle is compared with the one form that its manifest allows.

Nothing is extracted, and nothing of the archive is interpreted but the manifest: each header must
have exactly the bytes that a header for the manifest's path and size has. So there is no link, no
device, no absolute path and no second entry that could be let through.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from runner.errors import UsageError
from runner.evidence.chain import Chain
from runner.evidence.completeness import ARTEFACTS, missing
from runner.evidence.container import BLOCK, END, Broken, Reader, header, padding
from runner.evidence.contents import Contents
from runner.evidence.manifest import (
    ATTESTATIONS,
    JOURNAL,
    KEYLESS,
    NAME,
    UPGRADE,
    BundledFile,
    Manifest,
    Upgrade,
    decode,
)

if TYPE_CHECKING:
    from runner.evidence.signing import Trust

_LARGEST = 256 << 20
"""Bytes of a manifest: two million files."""
_ENDING = "behind the files"
"""Where attestations are, and the end of the archive."""
_FIRST = re.compile(rf"(?P<folder>[A-Za-z0-9][A-Za-z0-9.!+_-]*)/{re.escape(NAME)}")


@dataclass(frozen=True)
class Verdict:
    """What a verification has found."""

    manifest: Manifest | None
    """Of the bundle; None where it could not be read."""
    problems: tuple[str, ...]
    """Everything that is not as it was sealed, with the entry; empty for a bundle that holds."""
    proved: tuple[str, ...]
    """What was proved, a sentence each."""
    unproved: tuple[str, ...]
    """What was not, a sentence each."""
    runs: Mapping[str, bytes] = field(default_factory=dict)
    """The record of each stage, by its path."""

    @property
    def holds(self) -> bool:
        """Whether nothing was changed since the bundle was sealed."""
        return not self.problems


def verify(bundle: Path, trust: Trust | None = None) -> Verdict:
    """Look at every byte of a bundle, and where somebody is trusted, at every signature.

    Raises UsageError for a file that cannot be read.
    """
    try:
        with bundle.open("rb") as stream:
            return _Verification(trust).run(stream)
    except OSError as error:
        raise UsageError(f"cannot read {bundle}: {error.strerror}") from error


class _Verification:
    """One pass over a bundle."""

    def __init__(self, trust: Trust | None) -> None:
        self._trust = trust
        self._attested = ""
        self._contents = Contents()
        self._problems: list[str] = []
        self._chain: Chain | None = None
        self._to_the_end = False

    def run(self, stream: BinaryIO) -> Verdict:
        manifest = None
        try:
            reader = Reader(stream)
        except Broken as error:
            return self._verdict(None, [str(error)])
        if reader.foreign:
            from runner.evidence.foreign import Foreign  # as hardly ever

            size = os.fstat(stream.fileno()).st_size
            problems = list(Foreign(reader, size).problems())
            return self._verdict(None, [*reader.finish(), *problems])
        try:
            with _naming(NAME):
                manifest = self._manifest(reader)
            if manifest is not None:
                self._files(reader, manifest)
        except Broken as error:
            self._problems.append(str(error))
        return self._verdict(manifest, reader.finish())

    def _manifest(self, reader: Reader) -> Manifest | None:
        """Read the first entry; None where it is no manifest."""
        block = reader.take(BLOCK)
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            self._problems.append("the first entry has no header of tar's")
            return None
        named = _FIRST.fullmatch(info.name)
        if named is None or info.size > _LARGEST or block != header(info.name, info.size):
            self._problems.append(f"the first entry is {info.name!r}, and not a {NAME} as sealed")
            return None
        content = reader.take(info.size)
        self._padding(reader, NAME, len(content))
        try:
            manifest = decode(content)
        except (ValueError, msgspec.DecodeError) as error:
            self._problems.append(f"{NAME}: {error}")
            return None
        self._problems += manifest.problems()
        if manifest.folder != named["folder"]:
            self._problems.append(f"{NAME}: is that of {manifest.folder}, not {named['folder']}")
        return None if self._problems else manifest

    def _files(self, reader: Reader, manifest: Manifest) -> None:
        for one in manifest.files:
            expected = header(f"{manifest.folder}/{one.path}", one.size)
            with _naming(one.path):
                if (found := reader.take(len(expected))) != expected:
                    self._problems.append(f"{one.path}: {_instead(found)}")
                    return  # where the next entry begins is not known any more
                self._content(reader, one)
                self._padding(reader, one.path, one.size)
        with _naming(_ENDING):
            self._end(reader, manifest)
        self._agreement(manifest)

    def _end(self, reader: Reader, manifest: Manifest) -> None:
        last = reader.take(BLOCK)
        self._to_the_end = True
        if last.strip(b"\0"):
            last = self._attestations(reader, manifest, last)
        elif self._trust is not None:
            self._problems.append("it is not signed")
        if last + reader.take(BLOCK + 1) != END:
            self._problems.append("there is more in the archive than the manifest names")

    def _attestations(self, reader: Reader, manifest: Manifest, block: bytes) -> bytes:
        """Read the last entry, and give the block behind it; the same where it is another."""
        try:
            info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
        except tarfile.HeaderError:
            return block
        entry = info.name.removeprefix(f"{manifest.folder}/")
        known = entry in {ATTESTATIONS, KEYLESS} and 0 <= info.size <= _LARGEST
        if not known or block != header(f"{manifest.folder}/{entry}", info.size):
            return block
        content = reader.take(info.size)
        self._padding(reader, entry, info.size)
        self._attested = entry
        self._problems += self._signatures(manifest, entry, content)
        return reader.take(BLOCK)

    def _signatures(self, manifest: Manifest, entry: str, content: bytes) -> Iterator[str]:
        from runner.evidence.attested import problems  # it reads scans: most bundles need it not

        if self._trust is not None and self._trust.entry != entry:
            yield f"{entry}: is not signed by {self._trust.whom}, but in another way"
        trusted = self._trust if self._trust and self._trust.entry == entry else None
        yield from problems(manifest, self._contents, entry, content, trusted)

    def _agreement(self, manifest: Manifest) -> None:
        """Hold what the manifest says of the upgrade against the files that it was taken from."""
        try:
            told = msgspec.json.decode(self._contents.file(UPGRADE), type=Upgrade)
        except (msgspec.DecodeError, UnicodeDecodeError):
            self._problems.append(f"{UPGRADE}: does not say which upgrade this is")
            return
        if told != Upgrade(manifest.package, manifest.before, manifest.after):
            self._problems.append(f"{NAME}: tells of another upgrade than {UPGRADE}")
        if self._chain and not self._chain.problem and self._chain.last != manifest.recorded:
            self._problems.append(f"{NAME}: tells of another moment than {JOURNAL}")
        if missing(self._contents) != manifest.missing:
            self._problems.append(f"{NAME}: what it says is missing is not what is missing")

    def _content(self, reader: Reader, one: BundledFile) -> None:
        digest, sink = hashlib.sha256(), self._contents.begin(one)
        chain = Chain() if one.path == JOURNAL else None
        for data in reader.pieces(one.size):
            digest.update(data)
            if chain:
                chain.feed(bytes(data))
            elif sink:
                sink.take(data)
        if digest.hexdigest() != one.sha256:
            self._problems.append(f"{one.path}: its content is not what the manifest says")
        if chain:
            self._chain = chain
            if chain.problem:
                self._problems.append(f"{one.path}: {chain.problem}")

    def _padding(self, reader: Reader, path: str, size: int) -> None:
        zeros = padding(size)
        if reader.take(len(zeros)) != zeros:
            self._problems.append(f"{path}: something stands behind its end")

    def _verdict(self, manifest: Manifest | None, more: list[str]) -> Verdict:
        found = (*self._problems, *more)
        proved = () if found else tuple(self._proved(manifest))
        unproved = tuple(self._unproved(manifest))
        return Verdict(manifest, found, proved, unproved, self._contents.runs)

    def _proved(self, manifest: Manifest | None) -> Iterator[str]:
        if manifest is not None:
            yield f"all {len(manifest.files)} files are those of its manifest, byte by byte"
        if self._attested:
            yield "its attestations say of each stage and scan what its own records say"
        if self._attested and self._trust is not None:
            yield f"every attestation is signed by {self._trust.whom}"
        if self._chain is not None:
            yield f"the journal's {self._chain.lines} lines follow each other unbroken"

    def _unproved(self, manifest: Manifest | None) -> Iterator[str]:
        if not self._to_the_end:
            yield "who sealed it, and what happened: it cannot be read to its end as it was sealed"
            return
        yield from self._unsigned()
        if self._chain is None:
            yield "the order of what happened: it holds no journal"
        elif self._chain.torn:
            yield "the journal's last line, which breaks off"
        for name, one in ARTEFACTS.items():
            if manifest and name in manifest.missing:
                yield f"that the evidence is complete: it lacks {name} ({one.what})"

    def _unsigned(self) -> Iterator[str]:
        if not self._attested:
            yield "who sealed it, and when: it is not signed"
        elif self._trust is None:
            yield "who sealed it: it is signed, but neither --key nor --identity says by whom"
        elif self._attested == ATTESTATIONS:
            yield "when it was sealed: nobody else vouches for a time"


@contextlib.contextmanager
def _naming(entry: str) -> Iterator[None]:
    """Say in which entry the archive is broken."""
    try:
        yield
    except Broken as error:
        raise Broken(f"{entry}: {error}") from error


def _instead(found: bytes) -> str:
    if len(found) < BLOCK:
        return "the archive ends before it"
    if not found.strip(b"\0"):
        return "is missing"
    try:
        info = tarfile.TarInfo.frombuf(found[:BLOCK], "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return "its header is damaged"
    return f"in its place stands {info.name!r}, or its header was changed"
