"""One shard's dossier, read: who it is, and where its results wait."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from runner.engine.dossier import PARTITION
from runner.engine.merge.spool import Slot, Spool
from runner.engine.shards.partition import Partition, decode, fingerprint
from runner.engine.upgrade import NAME
from runner.model import Outcome, Owners, Release, ServiceReport, Shard, Subject

_CONTEXT = "context.json"
"""What `runner.reporters.context` keeps of the repository for reports."""


class Unfit(Exception):  # noqa: N818 - it is an answer, not an error of the program
    """What was given is no shard, or not a whole one; the message is what to say of it."""


class RunHead(msgspec.Struct, frozen=True):
    """What is read of ``run.json``, the results still as they are written."""

    id: str
    stage: str
    subject: Subject
    verdict: Outcome
    started: str
    duration: float
    results: tuple[msgspec.Raw, ...]
    services: tuple[ServiceReport, ...]
    total: int
    interrupted: str
    warnings: tuple[str, ...]
    host: str
    runner_version: str
    release: Release | None = None
    owners: Owners = Owners()
    rerun: tuple[str, ...] = ()
    shard: Shard | None = None


class Brief(msgspec.Struct, frozen=True):
    """What is read of a result, to judge it."""

    check: str
    outcome: Outcome
    allow_failure: bool

    @property
    def counts(self) -> bool:
        """Say whether it bears on the verdict, as `Result.counts` does."""
        return not (self.allow_failure and self.outcome is Outcome.FAILED)


class Began(msgspec.Struct, frozen=True):
    """What is read of ``upgrade.json``: where the dossier came from."""

    package: str
    before: str = msgspec.field(name="from")
    begun: str = ""


@dataclass(frozen=True)
class Cut:
    """A partition, as all shards of it share it in memory: it names every check."""

    partition: Partition
    """What each shard takes."""
    written: bytes
    """The same as it was written."""
    shares: tuple[tuple[str, ...], ...]
    """For each shard the checks that it takes."""


@dataclass(frozen=True)
class ShardDossier:
    """A dossier that says which shard it is."""

    live: Path
    """Its folder."""
    head: RunHead
    """Its ``run.json``, without the results."""
    shard: Shard
    """Which it is."""
    cut: Cut
    """What it says that each shard takes."""
    others: Mapping[str, bytes]
    """Files that are kept as they are: where it ran, and what its reports point at."""
    began: Began
    """Where its dossier came from."""
    slots: Mapping[str, Slot]
    """Check to where its result waits."""


_head = msgspec.json.Decoder(RunHead).decode
_brief = msgspec.json.Decoder(Brief).decode


class Cuts:
    """Partitions as they were written, each read once: all shards of a run have the same."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[str, Cut] = {}

    def of(self, live: Path, stage: str, shard: Shard) -> Cut:
        """Give the partition of a dossier; raises Unfit, and ValueError for what is none."""
        written = _bytes(live, f"{stage}/{PARTITION}")
        if fingerprint(written) != shard.partition:
            raise Unfit(f"{live}: {PARTITION} is not the one that its run was made by")
        if shard.partition not in self._known:
            partition = decode(written)
            self._known[shard.partition] = Cut(partition, written, partition.shares())
        cut = self._known[shard.partition]
        if cut.partition.count != shard.count or not 1 <= shard.number <= shard.count:
            raise Unfit(
                f"{live}: says to be shard {shard}, and its {PARTITION} has {cut.partition.count}"
            )
        return cut


def read_shard(live: Path, stage: str, spool: Spool, cuts: Cuts) -> ShardDossier:
    """Read a dossier, and put its results into the spool; raises Unfit."""
    head = _read_head(live, stage)
    shard = head.shard
    if shard is None:
        raise Unfit(f"{live}: is no shard, but a run of '{stage}' as a whole")
    try:
        cut = cuts.of(live, stage, shard)
        others = {NAME: _bytes(live, NAME)}
        began = msgspec.json.decode(others[NAME], type=Began)
        found = [(bytes(raw), _brief(raw)) for raw in head.results]
        datetime.fromisoformat(head.started)
    except (ValueError, msgspec.DecodeError) as error:
        raise Unfit(f"{live}: is damaged: {error}") from error
    share = cut.shares[shard.number - 1]
    if share != tuple(brief.check for _, brief in found):
        raise Unfit(f"{live}: its results are not those of shard {shard}")
    slots = spool.extend((raw, brief.outcome, brief.counts) for raw, brief in found)
    head = msgspec.structs.replace(head, results=())
    if head.interrupted != "killed":
        others[_CONTEXT] = _bytes(live, f"{stage}/{_CONTEXT}")
    return ShardDossier(live, head, shard, cut, others, began, dict(zip(share, slots, strict=True)))


def _read_head(live: Path, stage: str) -> RunHead:
    try:
        head = _head(_bytes(live, f"{stage}/run.json"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unfit(f"{live}: {stage}/run.json is no record of a run: {error}") from error
    if head.stage != stage:
        raise Unfit(f"{live}: {stage}/run.json is of '{head.stage}'")
    return head


def _bytes(live: Path, name: str) -> bytes:
    try:
        return (live / name).read_bytes()
    except FileNotFoundError:
        raise Unfit(f"{live}: there is no {name} in it; the run died, or is none of this") from None
    except OSError as error:
        raise Unfit(f"{live}: cannot read {name}: {error.strerror}") from error
