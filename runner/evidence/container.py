"""The bytes of a bundle: a gzip member (RFC 1952) around a tar archive (POSIX.1-2001, pax).

There is one way to write a file here, so that the same files give the same bytes, and so that a
reader can compare instead of interpret. The gzip header has an extra field ``UR`` with the SHA-256
of all that follows it: a flipped bit that the decompressor would pass over is noticed too. Other
readers of gzip skip the field.
"""

from __future__ import annotations

import contextlib
import hashlib
import struct
import tarfile
import zlib
from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from isal import isal_zlib

from runner.evidence.ahead import Ahead

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

BLOCK: Final = 512
"""Bytes; the unit of a tar archive."""
END: Final = bytes(2 * BLOCK)
"""What ends a tar archive."""
LEVEL: Final = 5
"""Of the compression: within two percent of gzip's default size, in three quarters of its time."""
PIECE: Final = 1 << 20
"""Bytes that are compressed together. They are the same however many threads there are."""
_STEP: Final = 1 << 12
"""Bytes that are inflated together where damage is looked for."""
_WINDOW: Final = 1 << 15
"""Bytes that deflate can refer back to (RFC 1951)."""
_AHEAD: Final = 8
"""Pieces that may wait to be compressed or written."""
_HASH = hashlib.sha256().digest_size
# Magic, deflate, FEXTRA, no time, no flags of the compressor, unknown system; then the length of
# the extra field, its name and the length of its data.
HEAD: Final = struct.pack("<BBBBIBBH2sH", 0x1F, 0x8B, 8, 4, 0, 0, 255, 4 + _HASH, b"UR", _HASH)
"""How every bundle begins; the hash follows."""
PREFIX: Final = len(HEAD) + _HASH
"""Bytes before the compressed data."""
_SHORT: Final = 100
_SMALL: Final = 8**11
_USTAR: Final = b"0000644\x000000000\x000000000\x00%011o\x0000000000000\x00"
_REST: Final = b"%06o\x00 0" + bytes(100) + b"ustar\x0000" + bytes(247)


def header(name: str, size: int) -> bytes:
    """Give a file's header: owner 0, mode 644, the epoch as its time; raises ValueError."""
    if len(name) <= _SHORT and size < _SMALL and name.isascii():
        return _plain_header(name.encode(), size)
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


def _plain_header(name: bytes, size: int) -> bytes:
    """Give what `tarfile` gives for a short name, in a fraction of its time."""
    start = name.ljust(_SHORT, b"\0") + _USTAR % size
    # The sum is taken with spaces in its own place, eight of them.
    rest = _REST % 0
    total = sum(start) + 8 * ord(" ") + sum(rest) - sum(rest[:8])
    return start + _REST % total


def padding(size: int) -> bytes:
    """Give the zeros that fill a file's last block."""
    return bytes(-size % BLOCK)


class Writer:
    """Writes compressed data into a file, and the hash of it into the header at the end.

    Each piece is a deflate stream of its own that knows the end of the piece before, and ends at a
    byte (RFC 1951, section 3.2.4): together they are one stream, and can be made side by side.
    """

    def __init__(self, stream: BinaryIO, pool: Executor | None = None) -> None:
        """Begin; the stream must be able to seek."""
        self._stream = stream
        self._pool = pool
        self._hash = hashlib.sha256()
        self._crc = self._size = 0
        self._piece = bytearray()
        self._before = b""
        self._waiting: deque[Future[bytes]] = deque()
        stream.write(HEAD + bytes(_HASH))

    def write(self, data: bytes) -> None:
        """Add data of the archive."""
        self._crc = isal_zlib.crc32(data, self._crc)
        self._size += len(data)
        self._piece += data
        while len(self._piece) > PIECE:
            self._compress(bytes(self._piece[:PIECE]))
            del self._piece[:PIECE]

    def close(self) -> None:
        """End the member, and seal it."""
        for one in self._waiting:
            self._put(one.result())
        self._put(_deflated(bytes(self._piece), self._before, last=True))
        self._put(struct.pack("<II", self._crc, self._size & 0xFFFFFFFF))
        self._stream.seek(len(HEAD))
        self._stream.write(self._hash.digest())

    def _compress(self, piece: bytes) -> None:
        before, self._before = self._before, piece[-_WINDOW:]
        if self._pool is None:
            self._put(_deflated(piece, before))
            return
        self._waiting.append(self._pool.submit(_deflated, piece, before))
        if len(self._waiting) > _AHEAD:
            self._put(self._waiting.popleft().result())

    def _put(self, data: bytes) -> None:
        self._hash.update(data)
        self._stream.write(data)


def _deflated(piece: bytes, before: bytes, *, last: bool = False) -> bytes:
    deflate = zlib.compressobj(
        LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_DEFAULT_STRATEGY, before
    )
    return deflate.compress(piece) + deflate.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)


FOREIGN: Final = "the gzip header is not that of a bundle"
"""What is wrong with an archive that was packed by another program."""


class Broken(Exception):  # noqa: N818 - a state of the data, told to people as a problem
    """The bytes are no member that `Writer` has written."""


def _behind_header(stream: BinaryIO) -> int:
    """Pass over a header of gzip's (RFC 1952, section 2.3), and say where it ends."""
    stream.seek(0)
    fixed = stream.read(10)
    if fixed[:3] != HEAD[:3] or len(fixed) < 10 or fixed[3] & 0xE0:  # noqa: PLR2004 - as there
        raise Broken(FOREIGN)
    flags = fixed[3]
    if flags & 4:
        stream.read(int.from_bytes(stream.read(2), "little"))
    for flag in (8, 16):  # a name, a comment
        place, text = stream.tell(), stream.read(PIECE) if flags & flag else b"\0"
        if b"\0" not in text:
            raise Broken(FOREIGN)
        if flags & flag:
            stream.seek(place + text.index(b"\0") + 1)
    stream.seek(2 if flags & 2 else 0, 1)
    return stream.tell()


class Reader:
    """Gives the data of the archive piece by piece, in memory that does not grow.

    Data is decompressed in a thread of its own, a few pieces ahead of what is taken.
    """

    def __init__(self, stream: BinaryIO) -> None:
        """Read the header; raises Broken where it is none of gzip's."""
        prefix = stream.read(PREFIX)
        self.foreign = prefix[: len(HEAD)] != HEAD or len(prefix) < PREFIX
        """Whether another program has written the header."""
        self._start = _behind_header(stream) if self.foreign else PREFIX
        self._stream = stream
        self._told = prefix[len(HEAD) :]
        self._hash = hashlib.sha256()
        # Twice as fast as zlib's; what it passes over, the hash of the compressed bytes does not.
        self._inflate = isal_zlib.decompressobj(-zlib.MAX_WBITS)
        self._ready = memoryview(b"")
        self._crc = self._size = 0
        self._data = Ahead(self._inflated())

    def take(self, count: int) -> bytes:
        """Give so many bytes, or fewer at the end; raises Broken."""
        return b"".join(self.pieces(count))

    def pieces(self, count: int) -> Iterator[memoryview]:
        """Give so many bytes piece by piece, or fewer at the end; raises Broken."""
        while count and (self._ready or self._fill()):
            piece = self._ready[:count]
            self._ready = self._ready[count:]
            count -= len(piece)
            yield piece

    def _fill(self) -> bool:
        data = next(self._data, b"")
        self._crc = isal_zlib.crc32(data, self._crc)
        self._size += len(data)
        self._ready = memoryview(data)
        return bool(data)

    def _inflated(self) -> Iterator[bytes]:
        waiting, given = b"", 0
        while not self._inflate.eof:
            waiting = waiting or self._read()
            if not waiting:
                raise Broken("the compressed data breaks off")
            try:
                data = self._inflate.decompress(waiting, PIECE)
            except isal_zlib.error:  # type: ignore[misc] # its stub takes the class for an instance
                yield from self._before_damage(given)
                raise Broken("the compressed data is damaged") from None
            given += len(data)
            waiting = self._inflate.unconsumed_tail
            if data:
                yield data

    def _before_damage(self, given: int) -> Iterator[bytes]:
        """Inflate anew, and give what comes behind the bytes given: it tells where damage is."""
        place = self._stream.tell()
        self._stream.seek(self._start)
        for data in _as_far_as_possible(self._stream):
            if len(data) > given:
                yield data[given:]
            given = max(0, given - len(data))
        self._stream.seek(place)

    def _read(self) -> bytes:
        data = self._stream.read(PIECE)
        self._hash.update(data)
        return data

    def finish(self) -> list[str]:
        """Read what is left of the file, and say what is wrong with the member as a whole."""
        self._data.close()
        problems = []
        if self._inflate.eof:
            rest = self._inflate.unused_data
            while len(rest) <= PIECE and (more := self._read()):
                rest += more
            told = struct.pack("<II", self._crc, self._size & 0xFFFFFFFF)
            if rest[:8] != told:
                problems.append("the gzip trailer is not that of the data")
            if len(rest) > len(told):
                problems.append("there are bytes behind the archive")
        while self._read():
            pass
        if self.foreign:
            problems.insert(0, FOREIGN)
        elif self._hash.digest() != self._told:
            problems.append("the bytes of the archive are not those that were sealed")
        return problems


def _as_far_as_possible(stream: BinaryIO) -> Iterator[bytes]:
    """Inflate up to the very byte that cannot be."""
    inflate = zlib.decompressobj(-zlib.MAX_WBITS)
    while piece := stream.read(_STEP):
        before = inflate.copy()
        try:
            yield inflate.decompress(piece)
        except zlib.error:
            with contextlib.suppress(zlib.error):
                for at in range(len(piece)):
                    yield before.decompress(piece[at : at + 1])
            return
