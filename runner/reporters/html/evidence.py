"""What the report is made of: the files of a dossier, read once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from runner.errors import DossierError
from runner.model import Outcome, Run
from runner.reporters.base import Dossier
from runner.reporters.html.journal import JournalHead, journal_head

T = TypeVar("T")

_UPGRADE = "upgrade.json"
_JOURNAL = "journal.jsonl"
_DOCUMENTS = ("junit.xml", "summary.md", "findings.sarif", "run.json")
"""Of a stage, as far as they are there."""


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


class Evidence(msgspec.Struct, frozen=True):
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
        journal=journal_head(live / _JOURNAL),
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
