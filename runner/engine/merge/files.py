"""Files of shards, brought into the joined dossier: only what a record names, as it was hashed."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path

from runner.engine.dossier import JOURNAL
from runner.engine.files import write_atomic
from runner.engine.merge.shard import Unfit
from runner.engine.upgrade import NAME
from runner.errors import DossierError
from runner.model import Artifact

_PIECE = 1 << 20
_OPEN = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_OWN = frozenset({JOURNAL, NAME, ".lock"})
"""Files that a merge writes itself."""


class Files:
    """Takes files of shards into a dossier.

    A file is never written again once its run has ended, so it is linked where source and target
    are on one file system, and copied elsewhere.
    """

    def __init__(self, live: Path, stage: str) -> None:
        """Take into the dossier ``live`` what shards of the stage have recorded."""
        self._live = live
        self._stage = stage
        self._folders: set[tuple[Path, str]] = set()
        self._taken: dict[str, str] = {}
        self.warnings: list[str] = []
        """Names that two shards have recorded with other content."""

    def take(self, source: Path, artifacts: Sequence[Artifact]) -> None:
        """Bring in the files that a shard's record names; raises Unfit where one is another.

        Then none is brought in: all are looked at first.
        """
        last = {artifact.path: artifact for artifact in artifacts}
        for name, artifact in last.items():
            if not self._may(name):
                raise Unfit(f"{source}: its record names {name!r}, which no shard may bring")
            self._inside(source, name)
            if _hashed(source, name) != (artifact.size, artifact.sha256):
                raise Unfit(f"{source}: {name} is not what was recorded: its hash differs")
        for name, artifact in last.items():
            if self._taken.setdefault(name, artifact.sha256) != artifact.sha256:
                self._taken[name] = artifact.sha256
                self.warnings.append(f"{name} was recorded by two shards; that of {source} is kept")
            self._bring(source / name, name)

    def _may(self, name: str) -> bool:
        parts = name.split("/")
        if name in _OWN or any(part in {"", ".", ".."} for part in parts) or "\0" in name:
            return False
        if parts[0] == self._stage:
            return parts[1:2] in (["logs"], ["artifacts"])
        other = self._live / parts[0]  # of another stage, or of earlier runs: not this run's
        return parts[0] != "earlier" and not (other / "run.json").exists()

    def _inside(self, source: Path, name: str) -> None:
        """Refuse a path that leaves the shard's dossier by a link; make the target's folder."""
        folder = os.path.dirname(name)  # noqa: PTH120 - a hundred thousand times
        if (source, folder) in self._folders:
            return
        if not (source / folder).resolve().is_relative_to(source.resolve()):
            raise Unfit(f"{source}: {name} is outside of it")
        (self._live / folder).mkdir(parents=True, exist_ok=True)
        self._folders.add((source, folder))

    def _bring(self, source: Path, name: str) -> None:
        target = self._live / name
        with contextlib.suppress(FileNotFoundError):
            target.unlink()
        try:
            os.link(source, target, follow_symlinks=False)
        except OSError:  # another file system, another owner, or too many links
            try:
                write_atomic(target, source.read_bytes())
            except OSError as error:
                raise DossierError(f"cannot read {source}: {error.strerror}") from error


def _hashed(source: Path, name: str) -> tuple[int, str]:
    try:
        fd = os.open(f"{source}/{name}", _OPEN)
        try:
            if not stat.S_ISREG(os.fstat(fd).st_mode):
                raise Unfit(f"{source}: {name} is no file")
            digest, size = hashlib.sha256(), 0
            while piece := os.read(fd, _PIECE):
                digest.update(piece)
                size += len(piece)
        finally:
            os.close(fd)
    except OSError as error:
        raise Unfit(f"{source}: cannot read {name}: {error.strerror}") from error
    return size, digest.hexdigest()
