"""One shard's dossier, read: who it is, and where its results wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from runner.engine.dossier import PARTITION
from runner.engine.merge.inside import Unfit, content
from runner.engine.merge.kept import of_result, of_services
from runner.engine.merge.spool import Slot, Spool
from runner.engine.shards.partition import Partition, decode, fingerprint
from runner.engine.upgrade import NAME
from runner.model import (
    Artifact,
    Outcome,
    Owners,
    Release,
    Result,
    ServiceReport,
    Shard,
    Subject,
)

_CONTEXT = "context.json"
"""What `runner.reporters.context` keeps of the repository for reports."""


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
    kept: Sequence[Artifact]
    """The files that its record names."""


_head = msgspec.json.Decoder(RunHead).decode
_result = msgspec.json.Decoder(Result).decode


class Cuts:
    """Partitions as they were written, each read once: all shards of a run have the same."""

    def __init__(self) -> None:
        """Begin with none."""
        self._known: dict[str, Cut] = {}

    def of(self, live: Path, stage: str, shard: Shard) -> Cut:
        """Give the partition of a dossier; raises Unfit, and ValueError for what is none."""
        written = content(live, f"{stage}/{PARTITION}")
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
        others = {NAME: content(live, NAME)}
        began = msgspec.json.decode(others[NAME], type=Began)
        read = _Results(head)
        slots = spool.extend(read)
        datetime.fromisoformat(head.started)
    except (ValueError, msgspec.DecodeError) as error:
        raise Unfit(f"{live}: is damaged: {error}") from error
    share = cut.shares[shard.number - 1]
    if share != tuple(read.checks):
        raise Unfit(f"{live}: its results are not those of shard {shard}")
    head = msgspec.structs.replace(head, results=())
    if head.interrupted != "killed":
        others[_CONTEXT] = content(live, f"{stage}/{_CONTEXT}")
    waiting = dict(zip(share, slots, strict=True))
    return ShardDossier(live, head, shard, cut, others, began, waiting, read.kept)


class _Results:
    """The results of a record, each decoded whole, so that what is no result is found here."""

    def __init__(self, head: RunHead) -> None:
        self.checks: list[str] = []
        self.kept = [*of_services(head.services)]
        self._written = head.results

    def __iter__(self) -> Iterator[tuple[bytes, Outcome, bool]]:
        for raw in self._written:
            result = _result(raw)
            self.checks.append(result.check)
            self.kept += of_result(result)
            yield bytes(raw), result.outcome, result.counts


def _read_head(live: Path, stage: str) -> RunHead:
    try:
        head = _head(content(live, f"{stage}/run.json"))
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unfit(f"{live}: {stage}/run.json is no record of a run: {error}") from error
    if head.stage != stage:
        raise Unfit(f"{live}: {stage}/run.json is of '{head.stage}'")
    return head
