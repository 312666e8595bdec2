"""Where a bump is written: what git says of the files, the record, and the lock against others."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.advisories.sources.base import Door
from runner.errors import UsageError
from runner.files import replace_file
from runner.release.disk import RealDisk
from runner.release.transaction import Change, Transaction

_NAME = "upgrade-runner-bump"


@dataclass(frozen=True)
class Workplace:
    """One repository, with the bump's own files out of the way of its history."""

    repository: Path
    """The folder that paths are relative to."""
    git: Path | None
    """Git's own folder; None where the repository is none of git's."""

    @classmethod
    def of(cls, repository: Path, door: Door) -> Workplace:
        """Ask git for its folder."""
        ended = door.run(("git", "rev-parse", "--absolute-git-dir"))
        return cls(
            repository, Path(os.fsdecode(ended.stdout.strip())) if ended.exit_code == 0 else None
        )

    @property
    def transaction(self) -> Transaction:
        """What replaces the files, and recovers."""
        return Transaction(self.repository, self._own("json"), RealDisk())

    def _own(self, suffix: str) -> Path:
        return (self.git or self.repository) / f"{'' if self.git else '.'}{_NAME}.{suffix}"

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Keep other bumps out; raises UsageError where one is at work (flock(2))."""
        with self._own("lock").open("a") as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UsageError(
                    "another bump is at work in this repository", hint="wait for its end"
                ) from None
            yield

    def refuse_dirty(self, changes: Sequence[Change], door: Door) -> None:
        """Raise UsageError for a file with changes that are not committed, and not a bump's."""
        if self.git is None:
            return
        own = self._written()
        dirty = [
            one.path
            for one in changes
            if own.get(one.path) != _sha256(one.old) and self._is_dirty(one.path, door)
        ]
        if dirty:
            raise UsageError(
                f"changed, but not committed: {', '.join(dirty)}",
                hint="commit these changes, or put them away with 'git stash'",
            )

    def write(self, changes: Sequence[Change]) -> None:
        """Replace the files, and remember that it was a bump that wrote them."""
        self.transaction.commit(changes)
        if self.git is not None:
            known = {**self._written(), **{one.path: _sha256(one.new) for one in changes}}
            replace_file(self._own("written"), msgspec.json.encode(known))

    def _is_dirty(self, path: str, door: Door) -> bool:
        ended = door.run(("git", "status", "--porcelain", "--ignored=matching", "--", path))
        if ended.exit_code:
            why = " ".join(ended.stderr.decode(errors="replace").split())
            raise UsageError(
                f"git cannot tell the state of {path}: {why}",
                hint="mend the repository first",
            )
        return bool(ended.stdout.strip())

    def _written(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._own("written").read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError):
            return {}


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
