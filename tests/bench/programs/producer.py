"""Print many MiB as fast as it goes, with secrets in them: producer.py MIB plain|noise."""

import base64
import os
import random
import sys

BLOCK = 1024 * 1024 - 7
"""Bytes of a block; an odd number, so that secrets lie across any reader's buffer boundaries."""
EVERY = 16
"""One block in so many holds secrets."""


def _filler(kind: str) -> bytes:
    if kind == "plain":
        line = b"2026-01-01T00:00:00Z INFO worker 7 handled request 42 in 0.123 s, status 200 OK\n"
        return (line * (BLOCK // len(line) + 1))[:BLOCK]
    noise = random.Random(7).randbytes(BLOCK)  # noqa: S311 - the same noise in each round
    return base64.encodebytes(noise)[:BLOCK]


def _with_secrets(block: bytes, secrets: list[bytes], shift: int) -> bytes:
    parts = bytearray(block)
    for number, secret in enumerate(secrets):
        at = (number * 104_729 + shift * 8_191) % (BLOCK - len(secret))
        parts[at : at + len(secret)] = secret
    at = BLOCK - len(secrets[0]) // 2
    parts[at:] = secrets[0][: BLOCK - at]
    return bytes(parts)


def _write(data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(1, view) :]


def main() -> None:
    """Print it."""
    blocks, kind = int(sys.argv[1]), sys.argv[2]
    names = sorted(name for name in os.environ if name.startswith("BENCH_SECRET_"))
    secrets = [os.environ[name].encode() for name in names]
    plain = _filler(kind)
    # A secret that the end of one block begins, the start of the next one ends.
    rest = secrets[0][len(secrets[0]) // 2 :]
    after = rest + plain[len(rest) :]
    for number in range(blocks):
        if number % EVERY == 0:
            _write(_with_secrets(plain, secrets, number))
        else:
            _write(after if number % EVERY == 1 else plain)


if __name__ == "__main__":
    main()
