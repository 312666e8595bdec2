"""The bytes of an archive: headers, compression in pieces, and reading ahead."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runner.evidence.ahead import Ahead
from runner.evidence.container import PIECE, Reader, Writer, header


def by_tarfile(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info.tobuf(tarfile.PAX_FORMAT, "utf-8", "strict")


@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=101)
    | st.text("aé/", min_size=1, max_size=120),
    st.integers(0, 1 << 34) | st.sampled_from([8**11 - 1, 8**11]),
)
def test_a_header_is_what_tarfile_writes(name: str, size: int) -> None:
    assert header(name, size) == by_tarfile(name, size)


def sealed(pieces: list[bytes], pool: ThreadPoolExecutor | None) -> bytes:
    stream = io.BytesIO()
    writer = Writer(stream, pool)
    for one in pieces:
        writer.write(one)
    writer.close()
    return stream.getvalue()


@pytest.mark.parametrize("size", [0, 1, PIECE - 1, PIECE, PIECE + 1, 12 * PIECE + 5])
def test_the_bytes_depend_on_neither_threads_nor_how_they_were_given(size: int) -> None:
    data = (b"".join(b"line %d\n" % number for number in range(1 + size // 6)))[:size]
    with ThreadPoolExecutor(3) as pool:
        many = sealed([data[at : at + 70_001] for at in range(0, size, 70_001)], pool)
    assert many == sealed([data], None)
    assert gzip.decompress(many) == data
    reader = Reader(io.BytesIO(many))
    assert b"".join(bytes(one) for one in reader.pieces(size + 1)) == data
    assert reader.finish() == []


def test_a_piece_refers_back_to_the_one_before() -> None:
    noise = bytes(range(256)) * 128
    assert len(sealed([noise * 256], None)) < 100_000


def test_what_fails_ahead_is_raised_where_it_would_be() -> None:
    def pieces() -> Iterator[bytes]:
        yield b"1"
        raise OSError(5, "Input/output error")

    ahead = Ahead(pieces())
    assert next(ahead) == b"1"
    with pytest.raises(OSError, match="Input/output"):
        next(ahead)
    assert list(ahead) == []
    ahead.close()


def test_a_reader_that_is_left_early_leaves_no_thread() -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b"x"

    before = threading.active_count()
    Ahead(endless()).close()
    ahead = Ahead(endless())
    assert next(ahead) == b"x"
    ahead.close()
    assert threading.active_count() == before


def test_a_stream_that_cannot_be_read_is_no_bundle() -> None:
    noise = random.Random(1).randbytes(3 * PIECE)  # noqa: S311 - the same in every run
    data = sealed([noise], None)

    class Torn(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 100:
                raise OSError(5, "Input/output error")
            return super().read(size)

    reader = Reader(Torn(data))
    with pytest.raises(OSError, match="Input/output"):
        reader.take(3 * PIECE)
