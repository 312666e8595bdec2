"""The ledger: which rehearsals are at work on this machine, so that a killed one is cleaned up.

Each is a file in the user's cache, locked by flock(2) as long as its process lives: a file that
can be locked belongs to a rehearsal that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.advisories.sources.base import Door, SourceError
from runner.engine import resume
from runner.engine.dossier import JOURNAL, remove_scratch
from runner.engine.leftovers import end_leftovers, end_marked
from runner.errors import DossierError, RunnerError, UsageError
from runner.kinds.database.dump_file import FOLDER
from runner.kinds.database.postgresql.scratch import trial_name
from runner.kinds.database.trouble import DatabaseError
from runner.rehearsal import containers
from runner.rehearsal.checkout import forget
from runner.rehearsal.copies import scratch_name
from runner.rehearsal.databases.base import Original


class Entry(msgspec.Struct, frozen=True):
    """A rehearsal at work."""

    name: str
    """``rehearsal-…``: what the marks of its processes and its scratch folder are named after."""
    repository: str
    """Absolute path of the user's repository."""
    live: str
    """Absolute path of the rehearsal's dossier."""
    temporary: str
    """Absolute path of the folder that its scratch folder is in."""
    server: str = ""
    """The server that its scratch databases are on, without a password; empty without one."""
    project: str = ""
    """The Compose project of its containers; empty without any."""


@dataclass
class Held:
    """An entry of a rehearsal that is at work."""

    leaves: bool = False
    """Whether something is left behind, so that the next rehearsal must clean up."""


class Ledger:
    """The entries below one folder."""

    def __init__(self, folder: Path) -> None:
        """Take the folder, which is made where it is not there."""
        self._folder = folder

    @contextlib.contextmanager
    def entered(self, entry: Entry) -> Iterator[Held]:
        """Keep an entry during the block, and beyond it where the block leaves something behind.

        Raises UsageError where another rehearsal is at work in the same dossier.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = self._folder / f"{entry.name}.json"
            fd = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise DossierError(
                f"cannot write into {self._folder}: {error.strerror}",
                hint="set XDG_CACHE_HOME to a folder that can be written",
            ) from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.pwrite(fd, msgspec.json.encode(entry), 0)
            os.fsync(fd)
            self._refuse_second(entry)
            held = Held()
            yield held
            if not held.leaves:
                file.unlink()
        except UsageError:
            file.unlink()
            raise
        finally:
            os.close(fd)

    def _refuse_second(self, entry: Entry) -> None:
        for file in self._folder.glob("*.json"):
            other = _read(file)
            same = other is not None and other.live == entry.live and other.name != entry.name
            if same and _alive(file):  # one that was killed may stay for what it left on a server
                raise UsageError(
                    f"another rehearsal is writing into {entry.live}",
                    hint="wait for its end, or choose another folder with --output",
                )

    def clean(self, door: Door, database: Original | None = None) -> Iterator[str]:
        """Clean up what killed rehearsals left, and say of each what that was.

        ``database`` gives the way to a server: what was left on another one stays in the ledger.
        """
        for file in sorted(self._folder.glob("*.json")):
            with contextlib.suppress(OSError), file.open("r+b") as stream:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held by one that is alive
                entry = _read(file)
                ended = () if entry is None else _clean(entry, door)
                try:
                    ended += () if entry is None else containers.remove(entry.project, door)
                    ended += () if entry is None else _databases(entry, database)
                except (SourceError, DatabaseError) as error:  # the next rehearsal tries again
                    what = "databases" if isinstance(error, DatabaseError) else "containers"
                    yield f"{file.stem} was killed, and its {what} may be left: {error.message}"
                    continue
                file.unlink()
                what = ", ".join(ended) or "its scratch folder"
                yield f"cleaned up after {file.stem}, which was killed: {what}"


def _alive(file: Path) -> bool:
    """Tell whether the rehearsal of an entry holds its lock."""
    try:
        with file.open("r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False


def _read(file: Path) -> Entry | None:
    """Give an entry; None for one that was killed while it was written."""
    try:
        return msgspec.json.decode(file.read_bytes(), type=Entry)
    except (OSError, msgspec.DecodeError):
        return None


def _clean(entry: Entry, door: Door) -> tuple[str, ...]:
    ended: list[str] = list(end_marked(entry.name))
    with contextlib.suppress(DossierError):  # a journal that somebody changed holds nothing up
        for _, names in end_leftovers(Path(entry.live) / JOURNAL):
            ended += names
    with contextlib.suppress(RunnerError):  # the repository may be gone
        forget(Path(entry.repository), entry.name, door)
    remove_scratch(entry.name, Path(entry.temporary))
    shutil.rmtree(Path(entry.live).parent / FOLDER, ignore_errors=True)
    return tuple(ended)


def _databases(entry: Entry, database: Original | None) -> tuple[str, ...]:
    """Drop what is left on its server, and name it; raises DatabaseError where that cannot be."""
    if not entry.server:
        return ()
    if database is None or database.server != entry.server:
        raise DatabaseError(f"they are on {entry.server}, which this rehearsal does not use")
    runs: tuple[str, ...] = ()
    with contextlib.suppress(DossierError):
        runs = resume.unfinished(Path(entry.live) / JOURNAL)
    prefixes = (scratch_name(entry.name), *map(trial_name, runs))
    return tuple(name for one in prefixes for name in database.clean(one))
