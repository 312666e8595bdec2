"""What is read of a dossier's files, while their bytes pass by, to say what they show."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

import msgspec

from runner.evidence.manifest import UPGRADE, BundledFile, Upgrade, is_run

IMAGE: Final = "image.json"
"""Name of the file that tells which container image was built or checked."""
SCANS: Final = ("safety-before.json", "safety-after.json")
"""Names of the scans: the baseline, and what the gate is about."""
LARGEST: Final = 256 << 20
"""Bytes of a file that is read as a whole; a record of a million cases is smaller."""
_KEPT: Final = frozenset({UPGRADE, IMAGE, *SCANS})
_EXCHANGE: Final = re.compile(r".*/artifacts/.*http\.txt")
_ASKED: Final = re.compile(rb"> [A-Z]+ (\S+)\n")
_ANSWERED: Final = re.compile(rb"^< [1-5][0-9][0-9](?: |$)", re.MULTILINE)
_DIGEST: Final = "^sha256:[0-9a-f]{64}$"
_HEAD: Final = 1 << 16
"""Bytes of an HTTP exchange in which request line and status are looked for."""


class Image(msgspec.Struct, frozen=True):
    """What is read of ``image.json``."""

    reference: str
    """As the playbook or the registry names the image."""
    digest: str
    """``sha256:`` and 64 hexadecimal digits."""


class Sink:
    """Takes the beginning of a file."""

    def __init__(self, limit: int) -> None:
        """Begin with nothing; ``limit`` is in bytes."""
        self.data = bytearray()
        """What was taken."""
        self._limit = limit

    def take(self, data: bytes | memoryview) -> None:
        """Take the next bytes, as far as there is room."""
        self.data += data[: self._limit - len(self.data)]


class Contents:
    """Keeps the few files that are read, and of HTTP exchanges only what was asked and answered."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._kept: dict[str, Sink] = {}
        self._heads: dict[str, Sink] = {}
        self.paths: list[str] = []
        """Every file, in order."""

    def begin(self, file: BundledFile) -> Sink | None:
        """Take note of a file; give what its bytes are to be put into, or None for nothing."""
        self.paths.append(file.path)
        if (file.path in _KEPT or is_run(file)) and file.size <= LARGEST:
            return self._kept.setdefault(file.path, Sink(LARGEST))
        if _EXCHANGE.fullmatch(file.path):
            return self._heads.setdefault(file.path, Sink(_HEAD))
        return None

    def file(self, path: str) -> bytes:
        """Give the content of a file that is kept; nothing where there is none such."""
        sink = self._kept.get(path)
        return bytes(sink.data) if sink else b""

    @property
    def package(self) -> str:
        """What is upgraded; empty where the dossier does not say."""
        try:
            return msgspec.json.decode(self.file(UPGRADE), type=Upgrade).package
        except (msgspec.DecodeError, UnicodeDecodeError):
            return ""

    @property
    def runs(self) -> Mapping[str, bytes]:
        """The record of each stage, by its path."""
        return {path: self.file(path) for path in self._kept if path.endswith("/run.json")}

    @property
    def image(self) -> Image | None:
        """The container image; None where its record is not there or says too little."""
        try:
            image = msgspec.json.decode(self.file(IMAGE), type=Image)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        return image if re.fullmatch(_DIGEST, image.digest) else None

    @property
    def answered(self) -> frozenset[str]:
        """The paths of addresses that were asked over HTTP and gave an answer."""
        found = set()
        for head in self._heads.values():
            asked = _ASKED.match(head.data)
            if asked and _ANSWERED.search(head.data):
                found.add(urlsplit(asked[1].decode("utf-8", "replace")).path)
        return frozenset(found)
