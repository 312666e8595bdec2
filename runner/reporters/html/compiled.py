"""Templates are compiled once, and kept beside their sources as Python keeps modules (PEP 3147).

To compile them takes longer than to render the page. What is kept only saves time: where it is not
as it was written, or of other templates, or cannot be written, they are compiled again. It is code,
and trusted as far as the package's own modules are: who may write there may change them too.
"""

from __future__ import annotations

import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

import jinja2
from jinja2.bccache import Bucket

_DIGEST = 32
"""Bytes of a SHA-256."""


class Compiled(jinja2.BytecodeCache):
    """The compiled templates in a folder."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made where it is missing."""
        self._folder = folder

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Give the name of a template's file."""
        del filename
        return f"{name}.{sys.implementation.cache_tag}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take what is kept, where it is right; Jinja looks whether the source is the same."""
        with suppress(OSError):
            kept = (self._folder / bucket.key).read_bytes()
            if kept[:_DIGEST] == _seal(bucket.environment, kept[_DIGEST:]):
                bucket.bytecode_from_string(kept[_DIGEST:])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it, where Python would keep a module."""
        if sys.dont_write_bytecode:
            return
        code = bucket.bytecode_to_string()
        part = self._folder / f".{bucket.key}.{os.getpid()}.part"
        with suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            part.write_bytes(_seal(bucket.environment, code) + code)
            part.replace(self._folder / bucket.key)


def _seal(made: jinja2.Environment, code: bytes) -> bytes:
    """Bind code to what it was compiled by and how, besides the source."""
    how = (made.autoescape, made.trim_blocks, made.lstrip_blocks, made.keep_trailing_newline)
    return hashlib.sha256(f"{jinja2.__version__} {sys.version} {how}".encode() + code).digest()
