"""The manifest: every file of a bundle with its size and hash, as the bundle's first entry."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal

import msgspec

FORMAT: Final = "upgrade-runner/bundle/1"
"""Stands in each manifest; its number changes when a reader would have to."""
NAME: Final = "manifest.json"
"""Name of the entry, which no file of a dossier may have."""
JOURNAL: Final = "journal.jsonl"
"""Name of the journal in the dossier."""
ATTESTATIONS: Final = "attestations.intoto.jsonl"
"""Name of the last entry of a bundle signed with a key, which no file of a dossier may have."""
KEYLESS: Final = "attestations.sigstore.jsonl"
"""Name of the last entry of a bundle signed keyless, which no file of a dossier may have."""
UPGRADE: Final = "upgrade.json"
"""Name of the file in the dossier that says which upgrade it is about."""
_PART = re.compile(r"[A-Za-z0-9][A-Za-z0-9.!+_-]*")


class Upgrade(msgspec.Struct, frozen=True):
    """What is read of ``upgrade.json``."""

    package: str
    """The dependency that is upgraded."""
    before: str = msgspec.field(name="from")
    """The version with which the dossier was begun."""
    after: str = msgspec.field(name="to")
    """The version of its last run."""


class BundledFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the dossier."""

    path: str
    """Relative to the dossier, with ``/``."""
    size: Annotated[int, msgspec.Meta(ge=0)]
    """Bytes."""
    sha256: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]
    """Of its content."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle holds."""

    format: Literal["upgrade-runner/bundle/1"]
    """Names this format."""
    package: str
    """The dependency that was upgraded."""
    before: str = msgspec.field(name="from")
    """The version with which the dossier was begun."""
    after: str = msgspec.field(name="to")
    """The version of its last run."""
    recorded: str
    """The moment of the last event in the journal, ISO 8601 with offset."""
    missing: tuple[str, ...]
    """The pieces of evidence that an audit asks for and that are not there, by name."""
    files: tuple[BundledFile, ...]
    """Every file but the manifest, ordered by the bytes of their paths."""

    @property
    def folder(self) -> str:
        """The folder that all entries are below, and the name of the bundle without its ending."""
        day = self.recorded[:10].replace("-", "")
        return f"{self.package}-{self.before}-{self.after}-{day}"

    def problems(self) -> Iterator[str]:
        """Say what makes it no manifest that this program has written."""
        for part in (self.package, self.before, self.after):
            if not _PART.fullmatch(part):
                yield f"{NAME}: {part!r} is no name of a package or version"
        paths = [one.path for one in self.files]
        if paths != sorted(set(paths), key=str.encode):
            yield f"{NAME}: its files are not in order, or one stands twice"
        yield from (
            f"{NAME}: {path!r} is no path in a dossier" for path in paths if not _safe(path)
        )


def _safe(path: str) -> bool:
    """Say whether a path stays below the folder that it is relative to, on any system."""
    parts = path.split("/")
    odd = "\\" in path or ":" in parts[0] or not path.isprintable()
    return (
        not odd
        and path not in {NAME, ATTESTATIONS, KEYLESS}
        and not any(part in {"", ".", ".."} for part in parts)
    )


def is_run(file: BundledFile) -> bool:
    """Say whether a file is the record of a stage, and not of an earlier run of it."""
    return file.path.endswith("/run.json") and file.path.count("/") == 1


def encode(manifest: Manifest) -> bytes:
    """Write it in its one form."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=1) + b"\n"


def decode(content: bytes) -> Manifest:
    """Read it; raises ValueError for other bytes than `encode` would have written."""
    manifest = msgspec.json.decode(content, type=Manifest)
    if encode(manifest) != content:
        raise ValueError("it is not written in the form of a manifest")
    return manifest


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the manifest, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:bundle:1",
        "title": "What a bundle of evidence holds",
        **msgspec.json.schema(Manifest),
    }
