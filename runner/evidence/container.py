"""The bytes of a bundle: a gzip member (RFC 1952) around a tar archive (POSIX.1-2001, pax).

There is one way to write a file here, so that the same files give the same bytes, and so that a
reader can compare instead of interpret. The gzip header has an extra field ``UR`` with the SHA-256
of all that follows it: a flipped bit that the decompressor would pass over is noticed too. Other
readers of gzip skip the field.
"""

from __future__ import annotations

import hashlib
import struct
import tarfile
import zlib
from typing import BinaryIO, Final

BLOCK: Final = 512
"""Bytes; the unit of a tar archive."""
END: Final = bytes(2 * BLOCK)
"""What ends a tar archive."""
LEVEL: Final = 6
"""Of the compression, gzip's own default."""
_HASH = hashlib.sha256().digest_size
# Magic, deflate, FEXTRA, no time, no flags of the compressor, unknown system; then the length of
# the extra field, its name and the length of its data.
HEAD: Final = struct.pack("<BBBBIBBH2sH", 0x1F, 0x8B, 8, 4, 0, 0, 255, 4 + _HASH, b"UR", _HASH)
"""How every bundle begins; the hash follows."""
PREFIX: Final = len(HEAD) + _HASH
"""Bytes before the compressed data."""


def header(name: str, size: int) -> bytes:
    """Give a file's header: owner 0, mode 644, the epoch as its time; raises ValueError."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def padding(size: int) -> bytes:
    """Give the zeros that fill a file's last block."""
    return bytes(-size % BLOCK)


class Writer:
    """Writes compressed data into a file, and the hash of it into the header at the end."""

    def __init__(self, stream: BinaryIO) -> None:
        """Begin; the stream must be able to seek."""
        self._stream = stream
        self._deflate = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
        self._hash = hashlib.sha256()
        self._crc = self._size = 0
        stream.write(HEAD + bytes(_HASH))

    def write(self, data: bytes) -> None:
        """Add data of the archive."""
        self._crc = zlib.crc32(data, self._crc)
        self._size += len(data)
        self._put(self._deflate.compress(data))

    def close(self) -> None:
        """End the member, and seal it."""
        self._put(self._deflate.flush())
        self._put(struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))
        self._stream.seek(len(HEAD))
        self._stream.write(self._hash.digest())

    def _put(self, data: bytes) -> None:
        self._hash.update(data)
        self._stream.write(data)


class Broken(Exception):  # noqa: N818 - a state of the data, told to people as a problem
    """The bytes are no member that `Writer` has written."""


class Reader:
    """Gives the data of the archive piece by piece, in memory that does not grow."""

    _CHUNK = 1 << 20

    def __init__(self, stream: BinaryIO) -> None:
        """Read the header; raises Broken where it is another's."""
        prefix = stream.read(PREFIX)
        if prefix[: len(HEAD)] != HEAD or len(prefix) < PREFIX:
            raise Broken("the gzip header is not that of a bundle")
        self._stream = stream
        self._told = prefix[len(HEAD) :]
        self._hash = hashlib.sha256()
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)
        self._waiting = b""
        self._ready = b""
        self._crc = self._size = 0

    def take(self, count: int) -> bytes:
        """Give so many bytes, or fewer at the end; raises Broken."""
        pieces = []
        while count and (self._ready or self._fill()):
            pieces.append(self._ready[:count])
            self._ready = self._ready[count:]
            count -= len(pieces[-1])
        return b"".join(pieces)

    def _fill(self) -> bool:
        while not self._inflate.eof:
            if not self._waiting:
                self._waiting = self._read()
                if not self._waiting:
                    raise Broken("the compressed data breaks off")
            try:
                self._ready = self._inflate.decompress(self._waiting, self._CHUNK)
            except zlib.error:
                raise Broken("the compressed data is damaged") from None
            self._waiting = self._inflate.unconsumed_tail
            if self._ready:
                self._crc = zlib.crc32(self._ready, self._crc)
                self._size += len(self._ready)
                return True
        return False

    def _read(self) -> bytes:
        data = self._stream.read(self._CHUNK)
        self._hash.update(data)
        return data

    def finish(self) -> list[str]:
        """Read what is left of the file, and say what is wrong with the member as a whole."""
        problems = []
        if self._inflate.eof:
            rest = self._inflate.unused_data
            while len(rest) <= self._CHUNK and (more := self._read()):
                rest += more
            told = struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
            if rest[:8] != told:
                problems.append("the gzip trailer is not that of the data")
            if len(rest) > len(told):
                problems.append("there are bytes behind the archive")
        while self._read():
            pass
        if self._hash.digest() != self._told:
            problems.append("the bytes of the archive are not those that were sealed")
        return problems
