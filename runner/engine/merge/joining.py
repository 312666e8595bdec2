"""The joined dossier: what each shard brings, one journal, one record, one verdict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from msgspec.structs import replace

from runner.engine import resume, upgrade
from runner.engine.dossier import JOURNAL, PARTITION, Dossier
from runner.engine.journal import Journal
from runner.engine.merge.files import Files
from runner.engine.merge.inside import Unfit
from runner.engine.merge.record import ShardRecord, State
from runner.engine.merge.retelling import Retelling, agree, keep_journal, keep_others
from runner.engine.merge.shard import ShardDossier
from runner.engine.merge.spool import Slot, Spool
from runner.model import Outcome, Result, ServiceReport, Shard, Subject

_MEND = "run that shard again, and merge all of them anew"
_MOST_NAMED = 5
"""Checks of a missing shard that a sentence names."""


class Joining:
    """Shards that agree, on their way into one dossier."""

    def __init__(self, shards: Sequence[ShardDossier], dossier: Dossier, spool: Spool) -> None:
        """Take the shards, and where they go."""
        self.shards = shards
        """As they were given."""
        self.partition = shards[0].cut.partition
        """The same in all of them."""
        self.subject = _subject(shards)
        """The same in all of them, but dirty where one was."""
        self.joined: list[ShardDossier] = []
        """Those whose results count."""
        self.records: list[ShardRecord] = []
        """What became of each shard of the partition."""
        self.problems: list[str] = []
        """Why the whole cannot be decided."""
        self.slots: dict[str, Slot] = {}
        """Check to where its result waits."""
        self._dossier = dossier
        self._spool = spool
        self._stage = self.partition.stage
        self._files = Files(dossier.live, self._stage)
        self._others: set[str] = set()

    def begin(self, journal: Journal, run: str) -> None:
        """Set an earlier run of the stage aside, and record what is joined; raises DossierError."""
        stage, first = self._stage, self.shards[0]
        self._dossier.begin(stage, run)
        journal.append("run_started", resume.RunStart(stage, self.subject), durable=True)
        began = min(self.shards, key=lambda one: one.began.begun).began
        begun = {"from": began.before, "begun": began.begun}
        self._dossier.write(upgrade.NAME, upgrade.record(self._dossier, self.subject, begun))
        self._dossier.write(f"{stage}/{PARTITION}", first.cut.written)

    def bring(self, journal: Journal) -> None:
        """Bring in every shard of the partition; raises DossierError."""
        given: Mapping[int, list[ShardDossier]] = defaultdict(list)
        for one in self.shards:
            given[one.shard.number].append(one)
        for number in range(1, self.partition.count + 1):
            self._bring(number, given[number], journal)

    def _bring(self, number: int, given: Sequence[ShardDossier], journal: Journal) -> None:
        name = f"shard {number}/{self.partition.count}"
        checks = self.shards[0].cut.shares[number - 1]
        told: Retelling | None = None
        if not given:
            state: State = "missing"
            reason = f"{name} is missing, with {_named(checks)}" if checks else ""
        elif len(given) > 1:
            state = "doubled"
            reason = f"{name} is there {len(given)} times: {', '.join(str(s.live) for s in given)}"
        else:
            state, reason, told = self._joined(given[0], name)
        self.problems += [reason] if reason else []
        self._decide(checks, given, state, reason)
        self.records.append(_record(number, state, reason, checks, given))
        journal.append("shard_joined", _told(self.records[-1], self._stage, told))
        if told is not None and state in {"joined", "interrupted"}:
            self.joined.append(given[0])
            journal.adopt(told.entries)

    def _joined(self, one: ShardDossier, name: str) -> tuple[State, str, Retelling | None]:
        """Keep a shard's journal and bring in its files; say what became of it."""
        home = f"{self._stage}/shards/{one.shard.number}"
        told: Retelling | None = None
        try:
            target = self._dossier.live / home / JOURNAL
            told = keep_journal(one.live, target, self._stage)
            keep_others(one.others, target.parent)
            if one.head.interrupted == "killed":
                return "died", f"{name} died: its run was killed, {one.live}", told
            agree(told, one)
            self._files.take(one.live, one.kept)
        except Unfit as trouble:
            return "damaged", f"{name} cannot be used: {trouble}", told
        self._others |= told.others
        if one.head.interrupted:
            signal = one.head.interrupted
            return "interrupted", f"{name} was stopped by {signal} before its end", told
        return "joined", "", told

    def _decide(
        self, checks: Sequence[str], given: Sequence[ShardDossier], state: State, reason: str
    ) -> None:
        """Say where the results of a shard's checks are; what did not come is errored."""
        slots = given[0].slots if len(given) == 1 else {}
        if state in {"joined", "interrupted"}:
            self.slots.update(slots)
            return
        for check in checks:
            known = self._spool.read(slots[check]) if check in slots else None
            result = _undecided(check, reason, known)
            self.slots[check] = self._spool.add(_written(result), Outcome.ERRORED, counts=True)

    def services(self) -> tuple[ServiceReport, ...]:
        """Give the services of all shards, in the order of the playbook."""
        rank = {name: place for place, name in enumerate(self.partition.services)}
        found = [service for one in self.joined for service in one.head.services]
        return tuple(sorted(found, key=lambda one: rank.get(one.name, len(rank))))

    def warnings(self) -> tuple[str, ...]:
        """Give what is to be said besides: of the whole, and by the shards themselves."""
        told = [*self.problems, *self._files.warnings]
        versions = sorted({one.head.runner_version for one in self.shards})
        if len(versions) > 1:
            told.append(f"the shards were run by different versions: {', '.join(versions)}")
        if missed := sorted(one for one in self._others if not self._has(one)):
            told.append(
                f"the shards' dossiers hold runs of {', '.join(missed)}, which this one has not: "
                "to have them in it, merge into a copy of the dossier that the shards began with"
            )
        return (*told, *_own_warnings(self.joined))

    def _has(self, stage: str) -> bool:
        return (self._dossier.live / stage).is_dir()


def _subject(shards: Sequence[ShardDossier]) -> Subject:
    subjects = [one.head.subject for one in shards]
    return replace(subjects[0], dirty=any(one.dirty for one in subjects))


def _named(checks: Sequence[str]) -> str:
    names = [f"'{check}'" for check in checks[:_MOST_NAMED]]
    more = len(checks) - len(names)
    return ", ".join(names) + (f" and {more} more" if more else "")


def _record(
    number: int,
    state: State,
    reason: str,
    checks: Sequence[str],
    given: Sequence[ShardDossier],
) -> ShardRecord:
    head = given[0].head if len(given) == 1 else None
    return ShardRecord(
        number=number,
        state=state,
        checks=len(checks),
        run=head.id if head else "",
        verdict=head.verdict if head else None,
        host=head.host if head else "",
        folders=tuple(str(one.live) for one in given),
        reason=reason,
    )


def _told(record: ShardRecord, stage: str, told: Retelling | None) -> dict[str, object]:
    """Give the data of ``shard_joined``: the shard's journal hangs on its last hash."""
    data: dict[str, object] = msgspec.structs.asdict(record)
    if told is not None:
        data["journal"] = {
            "path": f"{stage}/shards/{record.number}/{JOURNAL}",
            "lines": told.lines,
            "head": told.head,
        }
    return data


def _undecided(check: str, reason: str, known: bytes | None) -> Result:
    """Make the result of a check whose shard did not bring one."""
    if known is None:
        result = Result(check, check, Outcome.ERRORED)
    else:
        result = msgspec.json.decode(known, type=Result)
    return Result(
        check=check,
        area=result.area,
        outcome=Outcome.ERRORED,
        reason=reason,
        hint=_MEND,
        expect=result.expect,
        place=result.place,
        fingerprint=result.fingerprint,
    )


def _written(result: Result) -> bytes:
    """Write a result as it stands in ``run.json``."""
    data = msgspec.json.format(msgspec.json.encode(result), indent=1)
    return data.replace(b"\n", b"\n  ")


def _own_warnings(shards: Iterable[ShardDossier]) -> tuple[str, ...]:
    """Give the shards' warnings, each with who says it, unless all say the same."""
    said: dict[str, list[Shard]] = {}
    for one in shards:
        for warning in one.head.warnings:
            said.setdefault(warning, []).append(one.shard)
    return tuple(
        warning
        if len(by) == by[0].count or warning.startswith(f"shard {by[0]} ")
        else f"shard {', '.join(map(str, by))}: {warning}"
        for warning, by in said.items()
    )
