"""What the report is made of: the files of a dossier, read once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from runner.errors import DossierError
from runner.model import Outcome, Run
from runner.reporters.base import Dossier

T = TypeVar("T")

_UPGRADE = "upgrade.json"
_JOURNAL = "journal.jsonl"
_DOCUMENTS = ("junit.xml", "summary.md", "findings.sarif", "run.json")
"""Of a stage, as far as they are there."""
_END = "run_ended"
"""The event that the journal gets after the reports of a run are written."""


class Upgrade(msgspec.Struct, frozen=True):
    """What is read of ``upgrade.json``."""

    package: str
    """The dependency that is upgraded."""
    before: str = msgspec.field(name="from")
    """The version with which the dossier was begun."""
    after: str = msgspec.field(name="to")
    """The version of its last run."""
    begun: str = ""
    """When the dossier was begun, ISO 8601 with offset."""
    actor: str = ""
    """Who worked on it last: a user's name on that machine."""
    host: str = ""
    """Where."""
    tools: dict[str, str] = {}
    """Name to version of what it was done with."""


class Head(msgspec.Struct, frozen=True):
    """As much of a ``run.json`` as a list of runs needs."""

    id: str
    """Unique."""
    stage: str
    """Name of the stage."""
    verdict: Outcome
    """Of the run."""
    started: str
    """Time of day."""
    duration: float
    """Seconds."""
    interrupted: str = ""
    """What ended it early."""


class _Line(msgspec.Struct, frozen=True):
    """What is read of a line of the journal."""

    event: str


@dataclass(frozen=True)
class JournalHead:
    """How far the journal had come when the last run's checks had ended."""

    lines: int
    """How many."""
    sha256: str
    """Of the last of them: it stands for all, as each line holds the hash of the one before."""


@dataclass(frozen=True)
class Evidence:
    """A dossier, read."""

    live: Path
    """Its folder."""
    upgrade: Upgrade
    """Which upgrade it is about."""
    stages: tuple[Run, ...]
    """The last run of each stage, in the order in which they began."""
    earlier: tuple[Head, ...]
    """The runs before those, in the same order."""
    set_aside: tuple[Path, ...]
    """Paths of the runs before those."""
    journal: JournalHead
    """The journal's head."""

    @property
    def last(self) -> Run:
        """Give the run that began last."""
        return self.stages[-1]

    def documents(self, run: Run) -> tuple[str, ...]:
        """Name the other reports of a stage that are there, relative to the dossier."""
        names = (f"{run.stage}/{name}" for name in _DOCUMENTS)
        return tuple(name for name in names if (self.live / name).is_file())


def is_last(run: Run, dossier: Dossier) -> bool:
    """Say whether no stage of the dossier began later than the run; raises DossierError."""
    others = (read(path, Head) for path in _records(dossier.live, run.stage))
    return all((one.started, one.stage) <= (run.started, run.stage) for one in others)


def gather(dossier: Dossier, run: Run) -> Evidence:
    """Read a dossier in which a run has just been recorded, whose record is not read again.

    Raises DossierError for what cannot be read, or is not what was recorded.
    """
    live = dossier.live
    stages = in_order((run, *(read(path, Run) for path in _records(live, run.stage))))
    set_aside = tuple(sorted(live.glob("earlier/*/run.json")))
    return Evidence(
        live=live,
        upgrade=read(live / _UPGRADE, Upgrade),
        stages=stages,
        earlier=in_order(read(path, Head) for path in set_aside),
        set_aside=set_aside,
        journal=_journal(live / _JOURNAL),
    )


def _records(live: Path, but: str) -> list[Path]:
    """Name the records of all stages but one."""
    return [path for path in live.glob("*/run.json") if path.parent.name != but]


_Began = TypeVar("_Began", Run, Head)


def in_order(runs: Iterable[_Began]) -> tuple[_Began, ...]:
    """Order runs by when they began."""
    return tuple(sorted(runs, key=lambda one: (one.started, one.stage)))


def read(path: Path, of: type[T]) -> T:
    """Read a JSON document of the dossier; raises DossierError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=of)
    except OSError as error:
        raise DossierError(f"cannot read {path}: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DossierError(f"{path} is not as the runner wrote it: {error}") from error


def _journal(path: Path) -> JournalHead:
    """Look at the whole lines, but for one at the end that is written after the reports."""
    lines, before, last = 0, b"", b""
    for line in _whole_lines(path):
        lines, before, last = lines + 1, last, line
    if lines and _event(last, path) == _END:
        lines, last = lines - 1, before
    return JournalHead(lines, hashlib.sha256(last).hexdigest() if lines else "")


def _event(line: bytes, path: Path) -> str:
    try:
        return msgspec.json.decode(line, type=_Line).event
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DossierError(f"{path}: its last line is damaged: {error}") from error


def _whole_lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    yield line[:-1]
    except FileNotFoundError:
        return
    except OSError as error:
        raise DossierError(f"cannot read {path}: {error.strerror}") from error
