"""Files of shards, brought into the joined dossier: only what a record names, as it was hashed."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from runner.engine.dossier import JOURNAL
from runner.engine.merge.inside import FOLDER, Unfit, descriptor, no_way_out
from runner.engine.upgrade import NAME
from runner.errors import DossierError
from runner.model import Artifact

_PIECE = 1 << 20
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_MOST_OPEN = 16
"""Folders of either side that are held open: logs have one, but each check has one of artifacts."""
_NOWHERE = frozenset({"", ".", ".."})
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
        self._taken: dict[str, str] = {}
        self.warnings: list[str] = []
        """Names that two shards have recorded with other content."""

    def take(self, source: Path, artifacts: Sequence[Artifact]) -> None:
        """Bring in the files that a shard's record names; raises Unfit where one is another.

        Then none is brought in: all are looked at first. Raises DossierError.
        """
        last = {artifact.path: artifact for artifact in artifacts}
        with contextlib.ExitStack() as stack:
            homes = _Homes(source, self._live, stack)
            for name, artifact in last.items():
                if not self._may(name):
                    raise Unfit(f"{source}: its record names {name!r}, which no shard may bring")
                if homes.hashed(name) != (artifact.size, artifact.sha256):
                    raise Unfit(f"{source}: {name} is not what was recorded: its hash differs")
            for name, artifact in last.items():
                if self._taken.setdefault(name, artifact.sha256) != artifact.sha256:
                    self._taken[name] = artifact.sha256
                    told = f"{name} was recorded by two shards; that of {source} is kept"
                    self.warnings.append(told)
                homes.bring(name, artifact)

    def _may(self, name: str) -> bool:
        parts = name.split("/")
        if name in _OWN or not _NOWHERE.isdisjoint(parts) or "\0" in name:
            return False
        if parts[0] == self._stage:
            return parts[1:2] in (["logs"], ["artifacts"])
        other = self._live / parts[0]  # of another stage, or of earlier runs: not this run's
        return parts[0] != "earlier" and not (other / "run.json").exists()


class _Homes:
    """The folders of a shard's files and those where they go to, held open, a few of them."""

    def __init__(self, source: Path, live: Path, stack: contextlib.ExitStack) -> None:
        self._source = source
        self._live = live
        self._stack = stack
        self._known: dict[str, tuple[int, int]] = {}

    def hashed(self, name: str) -> tuple[int, str]:
        """Give the size and the SHA-256 of a file; raises Unfit for what is none."""
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces(name):
            digest.update(piece)
            size += len(piece)
        return size, digest.hexdigest()

    def bring(self, name: str, artifact: Artifact) -> None:
        """Link a file that was hashed, in the place of one that is there; copy it where one cannot.

        Raises DossierError.
        """
        source, target = self._folders(name)
        base = name.rpartition("/")[2]
        try:
            with contextlib.suppress(FileExistsError):
                os.link(base, base, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
                return
            os.unlink(base, dir_fd=target)
            os.link(base, base, src_dir_fd=source, dst_dir_fd=target, follow_symlinks=False)
        except OSError:  # another file system, another owner, or too many links
            self._copy(name, base, target, artifact)

    def _copy(self, name: str, base: str, target: int, artifact: Artifact) -> None:
        """Copy a file; as with a link, nothing waits for the disk."""
        digest = hashlib.sha256()
        try:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(base, dir_fd=target)
            with os.fdopen(os.open(base, _NEW, 0o644, dir_fd=target), "wb") as stream:
                for piece in self._pieces(name):
                    digest.update(piece)
                    stream.write(piece)
        except OSError as error:
            path = self._live / name
            raise DossierError(f"cannot copy {name} to {path}: {error.strerror}") from error
        if digest.hexdigest() != artifact.sha256:
            raise Unfit(f"{self._source}: {name} was changed while it was copied")

    def _pieces(self, name: str) -> Iterator[bytes]:
        folder, _ = self._folders(name)
        try:
            fd, size = descriptor(self._source, name, folder)
            try:
                most = min(size + 1, _PIECE)  # great buffers cost more than small files
                piece = os.read(fd, most)
                while piece:
                    yield piece
                    piece = os.read(fd, most) if len(piece) == most else b""
            finally:
                os.close(fd)
        except OSError as error:
            raise Unfit(f"{self._source}: cannot read {name}: {error.strerror}") from error

    def _folders(self, name: str) -> tuple[int, int]:
        folder = name.rpartition("/")[0]
        known = self._known.get(folder)
        if known is None:
            if len(self._known) >= _MOST_OPEN:
                self._known.clear()
                self._stack.close()
            known = self._known[folder] = self._open(folder, name)
        return known

    def _open(self, folder: str, name: str) -> tuple[int, int]:
        """Open a folder, unless it leaves the shard's dossier by a link; make the target's."""
        no_way_out(self._source, Path(folder))
        try:
            source = os.open(self._source / folder, FOLDER)
        except OSError as error:
            raise Unfit(f"{self._source}: cannot read {name}: {error.strerror}") from error
        self._stack.callback(os.close, source)
        try:
            (self._live / folder).mkdir(parents=True, exist_ok=True)
            target = os.open(self._live / folder, FOLDER)
        except OSError as error:
            raise DossierError(f"cannot write {self._live / folder}: {error.strerror}") from error
        self._stack.callback(os.close, target)
        return source, target
