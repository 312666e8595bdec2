"""Bytes that come piece by piece, as those of a process do."""

from __future__ import annotations

from runner.engine.redaction import Redactor


def streamed(redactor: Redactor, data: bytes, sizes: list[int]) -> bytes:
    """Redact data that comes in pieces of these sizes, again and again."""
    stream, out, turn = redactor.stream(), b"", 0
    while data:
        size = sizes[turn % len(sizes)]
        out += stream.feed(data[:size])
        data, turn = data[size:], turn + 1
    return out + stream.close()
