"""An archive that another program has packed: what of it is not as the manifest says.

It is no bundle, whatever it holds; but who asks wants to know which entry was changed. Headers
are read for names and sizes alone, nothing is extracted, and memory stays bounded.
"""

from __future__ import annotations

import hashlib
import re
import tarfile
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from runner.evidence.container import BLOCK, Broken, Reader, padding
from runner.evidence.manifest import ATTESTATIONS, KEYLESS, NAME, Manifest, decode

_ROOT: Final = re.compile(rf"(?P<root>(?:\./)?(?:[^/]+/)?){re.escape(NAME)}")
_LONG: Final = 1 << 16
"""Bytes of a name or of pax records at most."""
_LARGEST: Final = 64 << 20
"""Bytes of a manifest at most."""
_ENTRIES: Final = 1 << 20
"""Entries that are read at most."""
_RATIO: Final = 256
"""Bytes that a byte of the archive may stand for: logs are compressed so well, bombs better."""
_LEAST: Final = 64 << 20
"""Bytes that are inflated whatever the ratio."""


class _Entry(NamedTuple):
    """One entry."""

    size: int
    """Bytes."""
    sha256: str
    """Of the content; nothing where it is no regular file."""


class Foreign:
    """Reads the entries of a foreign archive, once."""

    def __init__(self, reader: Reader, size: int) -> None:
        """Take the archive, which has ``size`` bytes as it is compressed."""
        self._reader = reader
        self._room = max(_LEAST, size * _RATIO)
        self._entries: dict[str, _Entry] = {}
        self._twice: list[str] = []
        self._manifest: tuple[str, bytes] | None = None

    def problems(self) -> Iterator[str]:
        """Name each entry that is not as the manifest says; raises no error of the archive's."""
        try:
            self._read()
        except Broken as error:
            yield str(error)
        if self._manifest is None:
            yield f"it holds no {NAME}"
            return
        root, content = self._manifest
        try:
            manifest = decode(content)
        except (ValueError, msgspec.DecodeError) as error:
            yield f"{NAME}: {error}"
            return
        yield from manifest.problems()
        yield from self._differences(root, manifest)

    def _differences(self, root: str, manifest: Manifest) -> Iterator[str]:
        left = dict(self._entries)
        for one in (NAME, ATTESTATIONS, KEYLESS):
            left.pop(f"{root}{one}", None)
        for file in manifest.files:
            found = left.pop(f"{root}{file.path}", None)
            if found is None:
                yield f"{file.path}: is missing"
            elif found != (file.size, file.sha256):
                yield f"{file.path}: its content is not what the manifest says"
        for path in (*left, *self._twice):
            yield f"{path.removeprefix(root)}: stands there, and the manifest does not name it"

    def _read(self) -> None:
        for name, kind, size in self._headers():
            if kind == tarfile.DIRTYPE:
                self._pass(size)
                continue
            if name in self._entries:
                self._twice.append(name)
            found = _ROOT.fullmatch(name)
            if found and self._manifest is None and size <= _LARGEST:
                self._manifest = (found["root"], self._take(size))
                digest = ""
            else:
                digest = self._pass(size)
            regular = kind in {tarfile.REGTYPE, tarfile.AREGTYPE}
            self._entries[name] = _Entry(size, digest if regular else "")
            if len(self._entries) > _ENTRIES:
                raise Broken("there are too many entries to compare")

    def _headers(self) -> Iterator[tuple[str, bytes, int]]:
        """Give name, type and size of each entry; its content is to be read before the next."""
        name, size = "", ""
        while (block := self._reader.take(BLOCK)).strip(b"\0"):
            try:
                info = tarfile.TarInfo.frombuf(block, "utf-8", "surrogateescape")
            except tarfile.HeaderError:
                raise Broken("an entry has no header of tar's") from None
            if info.type in {tarfile.GNUTYPE_LONGNAME, tarfile.XHDTYPE} and info.size <= _LONG:
                content = self._take(info.size)
                name, size = _more(info.type, content)
                continue
            yield name or info.name, info.type, max(0, int(size or info.size))
            name, size = "", ""

    def _take(self, size: int) -> bytes:
        self._spend(size)
        content = self._reader.take(size)
        self._reader.take(len(padding(size)))
        return content

    def _pass(self, size: int) -> str:
        """Read the content of an entry, and give its hash."""
        self._spend(size)
        digest = hashlib.sha256()
        for piece in self._reader.pieces(size):
            digest.update(piece)
        self._reader.take(len(padding(size)))
        return digest.hexdigest()

    def _spend(self, size: int) -> None:
        self._room -= size + BLOCK
        if self._room < 0:
            raise Broken("it inflates to more than is compared")


def _more(kind: bytes, content: bytes) -> tuple[str, str]:
    """Give name and size, or nothing, of what stands before an entry: GNU's name, pax records."""
    if kind == tarfile.GNUTYPE_LONGNAME:
        return content.rstrip(b"\0").decode("utf-8", "surrogateescape"), ""
    name = re.search(rb"(?:\A|\n)[0-9]+ path=([^\n]*)\n", content)
    size = re.search(rb"(?:\A|\n)[0-9]+ size=([0-9]{1,20})\n", content)
    path = name[1].decode("utf-8", "surrogateescape") if name else ""
    return path, size[1].decode() if size else ""
