"""The course of a rollback: looked at, asked, announced, pins and locks, then the stage.

Where nothing was rolled out yet, pins and locks are all there is.
"""

from __future__ import annotations

import contextlib
import hashlib
import secrets as randomness
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.advisories.sources.base import Door
from runner.engine.clock import now
from runner.engine.dossier import Dossier
from runner.engine.errand import errand
from runner.engine.journal import Journal
from runner.engine.redaction import Redactor, secrets_in
from runner.engine.upgrade import begun_from
from runner.errors import ExitCode, RunnerError, UsageError
from runner.kinds.database.way import RESTORED, Way
from runner.model import Outcome, Playbook, Run
from runner.model.rolled_back import BEGUN, ENDED, FORMAT, NAME, RolledBack, encode
from runner.release.bump import changes_of
from runner.release.spots import PinError
from runner.release.workplace import Workplace
from runner.rollback.artifacts import store_of, written_since
from runner.rollback.backup import basis, restores, way_of
from runner.rollback.prior import Prior, prior

STAGE = "rollback"
"""The stage that brings environment and data back."""


@dataclass(frozen=True)
class Ground:
    """What a rollback stands on."""

    load: Callable[[], Playbook]
    """Reads the playbook as it is now."""
    run: Callable[[str], Run]
    """Runs a stage."""
    dossier: Dossier
    """Of the upgrade that is taken back."""
    environment: Mapping[str, str]
    """In which a database's address may be."""
    announce: Callable[[RolledBack], None] = lambda _: None
    """Tells people of it before anything is done that they would notice."""


@dataclass(frozen=True)
class Prepared:
    """What would be done; nothing was changed yet."""

    record: RolledBack
    """Tells it."""
    prior: Prior
    """What the repository goes back to."""


def prepare(ground: Ground, wanted: str = "") -> Prepared:
    """Look at everything that a rollback relies on; ``wanted`` is the version to go back to.

    Raises UsageError where there is nothing to take back, and DatabaseError where data have to go
    back and the backup of this upgrade cannot be relied on, or where that cannot be told.
    """
    book = ground.load()
    if STAGE not in book.stages:
        raise UsageError(
            f"{book.file} has no stage '{STAGE}'",
            hint="it says how environment and data are brought back",
        )
    after = wanted or begun_from(ground.dossier.live)
    before = _taken_back(ground.dossier, book.release.version, after)
    record = RolledBack(FORMAT, book.release.package, before, after, now())
    with errand(Path(book.repository), environment=ground.environment) as door:
        found = prior(book, after, door)
        steps = [(step, way_of(step, after, door)) for step in restores(book, STAGE)]
        bases = [
            basis(book, step, ground.dossier, (after, before), ground.environment, door)
            for step, told in steps
            if told.way == RESTORED.way
        ]
    record = _with_way(record, [told for _, told in steps])
    for one in bases:
        record = msgspec.structs.replace(
            record,
            backup=one.relied,
            lost=(*record.lost, *one.lost),
            unknown=record.unknown or one.unknown,
        )
    store = store_of(book)
    if record.backup is not None and store is not None:
        since = written_since(store, record.backup.verified)
        record = msgspec.structs.replace(record, artifacts=since)
    record = msgspec.structs.replace(record, locks=tuple(found.locks), commit=found.commit)
    return Prepared(record, found)


def _with_way(record: RolledBack, told: Sequence[Way]) -> RolledBack:
    """Note what the databases demand together: the most that one of them does."""
    found = {one.way: one for one in told} or {RESTORED.way: RESTORED}
    way = next(found[word] for word in ("restore", "keep", "none") if word in found)
    return msgspec.structs.replace(record, way=way.way, because=way.reason)


def _taken_back(dossier: Dossier, present: str, after: str) -> str:
    """Give the version that is taken back: the present one, or that of a rollback that was cut off.

    Raises UsageError where no upgrade is known, or all of it was taken back.
    """
    if not after:
        raise UsageError(
            f"{dossier.live} does not tell with which version the upgrade began",
            hint="name it: --to VERSION",
        )
    before = _unfinished(dossier, after) if present == after else present
    if not before:
        raise UsageError(
            f"{after} is the version of the playbook: there is no upgrade to take back",
            hint="name another version: --to VERSION",
        )
    return before


def _unfinished(dossier: Dossier, after: str) -> str:
    """Give the version that a rollback to another one takes back which had no good end, if any."""
    try:
        known = msgspec.json.decode((dossier.live / NAME).read_bytes(), type=RolledBack)
    except (OSError, msgspec.DecodeError):
        return ""
    return "" if known.verdict is Outcome.PASSED or known.after != after else known.before


def carry_out(ground: Ground, prepared: Prepared) -> RolledBack:
    """Reset pins and locks, run the stage, and keep the record; it tells what went wrong.

    What cuts it off (^C, a kill) leaves the record without a verdict, and the rollback may be
    carried out again.
    """
    record = prepared.record
    _note(ground, record, BEGUN)
    if record.way != "none":
        ground.announce(record)
    try:
        with errand(Path(ground.load().repository), environment=ground.environment) as door:
            changed = reset(ground, prepared.prior, door)
        record = msgspec.structs.replace(record, changed=changed)
        _note(ground, record, "")
        record = _stage(ground, record)
    except RunnerError as error:
        record = msgspec.structs.replace(
            record,
            verdict=Outcome.ERRORED,
            exit_code=int(ExitCode.ERRORED),
            reason=error.message,
        )
    record = msgspec.structs.replace(record, ended=now())
    _note(ground, record, ENDED)
    return record


def reset(ground: Ground, found: Prior, door: Door) -> tuple[str, ...]:
    """Bring every pin and lock back; give the files that changed. Raises RunnerError."""
    place = Workplace.of(Path(ground.load().repository), door)
    with place.alone():
        place.transaction.recover()
        book = ground.load()
        try:
            changes = changes_of(book, found.release, door, found.locks)
        except PinError:  # a text of before that has no place must not be in the way
            changes = changes_of(book, found.plain, door, found.locks)
        if changes:
            place.refuse_dirty(changes, door)
            place.write(changes)
    return tuple(one.path for one in changes)


def _stage(ground: Ground, record: RolledBack) -> RolledBack:
    """Carry the stage out, where there is something for it to bring back."""
    if record.way == "none":
        return msgspec.structs.replace(record, verdict=Outcome.PASSED, exit_code=0)
    return _judged(record, ground.run(STAGE))


def _judged(record: RolledBack, run: Run) -> RolledBack:
    unhappy = [one for one in run.results if one.outcome is run.verdict and one.counts]
    reason = f"{unhappy[0].area}: {unhappy[0].reason}" if unhappy else f"{STAGE}: {run.verdict}"
    if run.interrupted:
        reason = f"interrupted by {run.interrupted}"
    return msgspec.structs.replace(
        record,
        verdict=run.verdict,
        exit_code=int(run.exit_code),
        reason=reason if run.exit_code else "",
    )


def _note(ground: Ground, record: RolledBack, event: str) -> None:
    """Write the record and, for an event, append it to the journal; raises DossierError."""
    dossier = ground.dossier
    redactor = Redactor(secrets_in(ground.environment))
    content = redactor.data(encode(record))
    with dossier.locked():
        dossier.write(NAME, content)
        if not event:
            return
        name = f"rollback-{randomness.token_hex(4)}"
        with contextlib.closing(Journal(dossier.journal, name, redactor)) as journal:
            sha256 = hashlib.sha256(content).hexdigest()
            told = {"from": record.before, "to": record.after, "sha256": sha256}
            journal.append(event, {**told, "verdict": record.verdict}, durable=True)
