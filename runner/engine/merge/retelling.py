"""A shard's journal: kept as it is, and what it tells of checks repeated in the joined one."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from runner.engine.dossier import JOURNAL
from runner.engine.journal import Entry, chained
from runner.engine.merge.inside import Unfit, opened
from runner.engine.merge.shard import ShardDossier
from runner.engine.resume import RunStart
from runner.errors import DossierError
from runner.model import Outcome

_PIECE = 1 << 20
_TOLD = frozenset({"attempt_started", "attempt_ended", "check_ended", "service_ended"})
"""Events that are repeated: what later commands read of a stage."""


class _Ended(msgspec.Struct, frozen=True):
    """What is read of ``check_ended``."""

    check: str
    outcome: Outcome


@dataclass
class Retelling:
    """What a shard's journal tells of the runs that led to its record."""

    entries: list[Entry] = field(default_factory=list)
    """Events of checks and services, in order."""
    base: str = ""
    """The git ref that the run compared with, or empty."""
    lines: int = 0
    """Whole lines of the journal."""
    head: str = ""
    """SHA-256 of the last of them: the journal's whole content hangs on it."""
    others: set[str] = field(default_factory=set)
    """Stages that other runs in the same dossier were of."""
    run: str = ""
    """Id of the last run of the stage."""
    ended: bool = False
    """Whether that came to its end."""
    _runs: set[str] = field(default_factory=set)

    def hear(self, entry: Entry, stage: str) -> None:
        """Take an entry; a run that resumes no other begins anew."""
        if entry.event == "run_started":
            self._begin(entry, stage)
        elif entry.run in self._runs and entry.event in _TOLD:
            self.entries.append(entry)
        elif entry.run == self.run and entry.event == "run_ended":
            self.ended = True

    def _begin(self, entry: Entry, stage: str) -> None:
        start: RunStart = entry.value(RunStart)
        if start.stage != stage:
            self.others.add(start.stage)
            return
        if not start.resumes:
            self.entries.clear()
            self._runs.clear()
        self._runs.add(entry.run)
        self.run, self.ended, self.base = entry.run, False, start.base

    def outcomes(self) -> Mapping[str, Outcome]:
        """Give what the last run said of each check."""
        last = (one for one in self.entries if one.event == "check_ended" and one.run == self.run)
        ended: list[_Ended] = [one.value(_Ended) for one in last]
        return {one.check: one.outcome for one in ended}


def keep_journal(live: Path, target: Path, stage: str) -> Retelling:
    """Copy a shard's journal as it is, and read the copy.

    It is never linked: a later run in that folder would lengthen it. Raises Unfit where its chain
    is broken, DossierError where it cannot be copied.
    """
    with opened(live, JOURNAL) as source:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                shutil.copyfileobj(source, stream, _PIECE)
        except OSError as error:
            raise DossierError(
                f"cannot copy {live / JOURNAL} to {target}: {error.strerror}"
            ) from error
    told = Retelling()
    try:
        entries, told.head = chained(target)
        for entry in entries:
            told.hear(entry, stage)
    except (DossierError, msgspec.DecodeError) as error:
        raise Unfit(f"{live}: {error}") from error
    told.lines = len(entries)
    return told


def keep_others(files: Mapping[str, bytes], folder: Path) -> None:
    """Keep small files as they are, beside the journal.

    As that, they are not made durable one by one, which takes longer than all the rest: what they
    are copies of is there until the merge has ended. Raises DossierError.
    """
    for name, content in files.items():
        try:
            (folder / name).write_bytes(content)
        except OSError as error:
            raise DossierError(f"cannot write {folder / name}: {error.strerror}") from error


def agree(told: Retelling, shard: ShardDossier) -> None:
    """Hold a shard's journal against its record; raises Unfit where they tell of other things."""
    if told.run != shard.head.id or not told.ended:
        raise Unfit(f"{shard.live}: its journal does not tell of the end of run {shard.head.id}")
    try:
        outcomes = told.outcomes()
    except msgspec.DecodeError as error:
        raise Unfit(f"{shard.live}: its journal is damaged: {error}") from error
    for check, slot in shard.slots.items():
        if outcomes.get(check) is not slot.outcome:
            raise Unfit(f"{shard.live}: its journal says otherwise of '{check}' than its run.json")
