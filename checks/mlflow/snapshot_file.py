"""The file of a snapshot: a line of JSON for each thing, with counts and checksums at its end.

The first line says the schema; then come ``{"kind", "id", "content"}``; the last line holds what
all of them add up to, so that a file that was cut or changed is told from a whole one. The file is
compressed by gzip (RFC 1952). The checksum of a kind is the sum of the SHA-256 of its lines modulo
2^256 (AdHash; Bellare and Micciancio, 1997), which needs neither an order nor memory.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: Raised when a reader would have to change.
SCHEMA = "upgrade-runner/mlflow-snapshot/2"

#: Of the checksums.
MODULUS = 1 << 256

#: 9 takes five times as long for a twentieth less.
LEVEL = 6

#: By kind: ``{"count": …, "sha256": …}``.
Contents = dict[str, dict[str, Any]]


class SnapshotError(Exception):
    """A snapshot that cannot be read, or is not whole."""


@dataclass(frozen=True)
class Line:
    """One thing that a server holds."""

    kind: str
    """``experiment``, ``run``, ``metric``, …: see `snapshot_source.py`."""
    id: str
    """What names it among those of its kind, now and after an upgrade."""
    content: Any
    """All that the server tells of it, as JSON has it."""

    def text(self) -> str:
        """Write it on one line, the same each time."""
        whole = {"kind": self.kind, "id": self.id, "content": self.content}
        return json.dumps(whole, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


class Tally:
    """Counts and checksums of lines, by their kind."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._counts: dict[str, int] = {}
        self._sums: dict[str, int] = {}

    def add(self, kind: str, text: str) -> None:
        """Add a line as it is written."""
        data = text.encode("utf-8", "surrogatepass")
        digest = int.from_bytes(hashlib.sha256(data).digest(), "big")
        self._counts[kind] = self._counts.get(kind, 0) + 1
        self._sums[kind] = (self._sums.get(kind, 0) + digest) % MODULUS

    def told(self) -> Contents:
        """Tell both, by kind."""
        return {
            kind: {"count": self._counts[kind], "sha256": f"{self._sums[kind]:064x}"}
            for kind in sorted(self._counts)
        }


def tally(lines: Iterable[Line]) -> Contents:
    """Count lines without keeping them."""
    made = Tally()
    for line in lines:
        made.add(line.kind, line.text())
    return made.told()


def write(lines: Iterable[Line], path: Path) -> Contents:
    """Write every line, and count it; the file appears whole, and for its owner alone."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw:
            contents = compressed(lines, raw)
            raw.flush()
            os.fsync(raw.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return contents


def compressed(lines: Iterable[Line], raw: Any) -> Contents:  # noqa: ANN401 - a binary file
    """Write the lines between the first and the last one."""
    made = Tally()
    with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=LEVEL, mtime=0) as stream:
        stream.write(f"{json.dumps({'schema': SCHEMA})}\n".encode())
        for line in lines:
            text = line.text()
            made.add(line.kind, text)
            stream.write(f"{text}\n".encode("utf-8", "surrogatepass"))
        stream.write(f"{json.dumps({'contents': made.told()})}\n".encode())
    return made.told()


def read(path: Path, made: Tally | None = None) -> Iterator[Line]:
    """Give the lines of a snapshot, and count them into a tally that is given.

    Raises SnapshotError, at its end also where it is not whole: only then are the lines proven.
    """
    made = made or Tally()
    ended: Contents | None = None
    for number, found in enumerate(objects(path)):
        if not number and found.get("schema") != SCHEMA:
            message = f"{path} is no snapshot of the schema {SCHEMA}: {found.get('schema')!r}"
            raise SnapshotError(message)
        if "contents" in found:
            ended = found["contents"]
        elif number:
            line = line_of(path, found)
            made.add(line.kind, line.text())
            yield line
    if ended is None or ended != made.told():
        message = f"{path} is not whole: it ends with {ended}, and holds {made.told()}"
        raise SnapshotError(message)


def line_of(path: Path, found: dict[str, Any]) -> Line:
    """Give what stands on a line; raises SnapshotError."""
    kind, name = found.get("kind"), found.get("id")
    if not isinstance(kind, str) or not isinstance(name, str) or "content" not in found:
        message = f"{path} is no snapshot: a line of it has no kind, id and content"
        raise SnapshotError(message)
    return Line(kind, name, found["content"])


def objects(path: Path) -> Iterator[dict[str, Any]]:
    """Give what stands on each line; raises SnapshotError."""
    try:
        with gzip.open(path, "rb") as stream:
            for data in stream:
                found = json.loads(data.decode("utf-8", "surrogatepass"))
                if not isinstance(found, dict):
                    message = f"{path} is no snapshot: a line of it is no object"
                    raise SnapshotError(message)
                yield found
    except (OSError, EOFError, zlib.error, ValueError) as error:
        message = f"{path} cannot be read: {error}"
        raise SnapshotError(message) from error


def sha256_of(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
