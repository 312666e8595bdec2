"""Files as text and back, byte for byte."""

from __future__ import annotations

from pathlib import Path

from runner.release.spots import PinError

LIMIT = 4 * 1024 * 1024
"""Bytes; a file that people pin a version in is far smaller."""


def read(file: Path, name: str) -> str:
    """Give a file's text, a byte order mark and every line ending kept; ``name`` is for messages.

    Raises PinError for what is no text file of a sensible size.
    """
    try:
        with file.open("rb") as stream:
            content = stream.read(LIMIT + 1)
    except OSError as error:
        raise PinError(
            f"{name}: cannot be read: {error.strerror}", hint="name a file of the repository"
        ) from error
    if len(content) > LIMIT:
        raise PinError(f"{name}: larger than 4 MiB", hint="pin a smaller file")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PinError(f"{name}:{line}: not UTF-8", hint="save the file as UTF-8") from error
    if "\0" in text:
        raise PinError(f"{name}: holds a NUL character", hint="name a text file")
    return text


def encode(text: str) -> bytes:
    """Give the bytes that `read` took the text from."""
    return text.encode()
