"""What an earlier run of the stage has already decided, from the journal."""

from __future__ import annotations

from pathlib import Path

import msgspec
from msgspec.structs import replace

from runner.engine.journal import Entry, read
from runner.model import Attempt, Check, Outcome, Result, Shard, Subject


class RunStart(msgspec.Struct, frozen=True):
    """The data of ``run_started``."""

    stage: str
    """Name of the stage."""
    subject: Subject
    """What the run was about."""
    resumes: str = ""
    """Id of the run that it resumes, or empty."""
    base: str = ""
    """The git ref that it compares with, or empty."""
    shard: Shard | None = None
    """Which share of the stage it takes; None for the whole."""


class AttemptStart(msgspec.Struct, frozen=True):
    """The data of ``attempt_started``."""

    check: str
    """Id of the check."""
    number: int
    """Of the attempt."""
    log: str
    """Path of its log in the dossier, which is there once something is printed."""


class AttemptEnd(msgspec.Struct, frozen=True):
    """The data of ``attempt_ended``."""

    check: str
    """Id of the check."""
    attempt: Attempt
    """What was found."""


class Past(msgspec.Struct, frozen=True):
    """What earlier runs left of one check."""

    started: int = 0
    """Number of its last attempt, also of one that did not end."""
    attempts: tuple[Attempt, ...] = ()
    """Those that ended, of the same definition."""
    result: Result | None = None
    """Its result without attempts, where it passed with the same definition, inputs, release."""


class History(msgspec.Struct):
    """The runs of a stage since the last that did not resume another."""

    last: str = ""
    """Id of the last run, or empty."""
    subject: Subject | None = None
    """What it was about."""
    base: str = ""
    """The git ref that it compared with, or empty."""
    shard: Shard | None = None
    """Which share of the stage it took; None for the whole."""
    ended: bool = True
    """Whether it came to its end."""
    runs: list[str] = msgspec.field(default_factory=list)
    """Ids of all of them."""
    started: dict[str, int] = msgspec.field(default_factory=dict)
    """Check to the number of its last attempt."""
    attempts: dict[str, list[Attempt]] = msgspec.field(default_factory=dict)
    """Check to its ended attempts since its last result."""
    results: dict[str, Result] = msgspec.field(default_factory=dict)
    """Check to its last result."""

    def of(self, check: Check) -> Past:
        """Give what is known of a check."""
        result = self.results.get(check.id)
        same = result is not None and result.fingerprint == check.fingerprint
        attempts = tuple(self.attempts.get(check.id, ()))
        passed = same and result is not None and result.outcome is Outcome.PASSED
        return Past(
            started=self.started.get(check.id, 0),
            attempts=attempts if same else (),
            result=replace(result, resumed=True) if passed and result else None,
        )


def history(path: Path, stage: str) -> History:
    """Read what the journal tells of a stage; raises DossierError."""
    found = History()
    for entry in read(path):
        _take(found, entry, stage)
    return found


def stages_begun(path: Path) -> frozenset[str]:
    """Give the stages that a dossier has the beginning of a run of; raises DossierError."""
    starts = (one.value(RunStart) for one in read(path) if one.event == "run_started")
    return frozenset(start.stage for start in starts)


def unfinished(path: Path) -> tuple[str, ...]:
    """Give the ids of runs that began and never ended: their processes may still be there."""
    open_runs: dict[str, None] = {}
    for entry in read(path):
        if entry.event == "run_started":
            open_runs[entry.run] = None
        elif entry.event == "run_ended":
            open_runs.pop(entry.run, None)
        elif entry.event == "run_abandoned":
            open_runs.pop(entry.value()["run"], None)
    return tuple(open_runs)


def _take(found: History, entry: Entry, stage: str) -> None:
    if entry.event == "run_started":
        start: RunStart = entry.value(RunStart)
        if start.stage == stage:
            _begin(found, entry.run, start)
    elif entry.run != found.last:
        return
    elif entry.event == "attempt_started":
        begun: AttemptStart = entry.value(AttemptStart)
        found.started[begun.check] = begun.number
    elif entry.event == "attempt_ended":
        done: AttemptEnd = entry.value(AttemptEnd)
        found.attempts.setdefault(done.check, []).append(done.attempt)
    elif entry.event == "check_ended":
        result: Result = entry.value(Result)
        found.results[result.check] = result
    elif entry.event == "run_ended":
        found.ended = True


def _begin(found: History, run: str, start: RunStart) -> None:
    if not start.resumes:
        found.runs.clear()
        found.started.clear()
        found.attempts.clear()
        found.results.clear()
    found.runs.append(run)
    found.last, found.subject, found.ended = run, start.subject, False
    found.base, found.shard = start.base, start.shard
