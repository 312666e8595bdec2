"""The plan of one shard: those checks of a plan that the partition gives it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from runner.engine.dossier import PARTITION, Dossier
from runner.engine.plan import Plan, Share
from runner.engine.shards.durations import durations_at_hand, recorded_durations
from runner.engine.shards.partition import (
    Partition,
    cut,
    encode,
    fingerprint,
    recorded_partition,
)
from runner.engine.shards.which import Which
from runner.errors import UsageError
from runner.model import Shard


def durations_for(plan: Plan, dossier: Dossier, path: Path | None) -> Mapping[str, float]:
    """Give the durations at ``path``, or those of the last whole run in the dossier."""
    if path is None:
        return durations_at_hand(dossier.live, plan.stage)
    return recorded_durations(path, plan.stage)


def partition_of(plan: Plan, count: int, durations: Mapping[str, float]) -> Partition:
    """Cut a plan into shards."""
    services = [service.name for service in plan.services]
    return cut(plan.stage, plan.checks, services, count, durations)


def take_share(
    plan: Plan, which: Which, dossier: Dossier, durations: Path | None, *, resume: bool
) -> Plan:
    """Give the plan of one shard; a run that is resumed keeps the partition that it had.

    Raises UsageError where durations cannot be read, or the partition is another than before.
    """
    known = _recorded(dossier, plan.stage) if resume else None
    if known is not None:
        partition = recorded_partition(known, plan.checks, which.count)
    else:
        partition = partition_of(plan, which.count, durations_for(plan, dossier, durations))
    content = encode(partition)
    shard = Shard(which.number, which.count, fingerprint(content))
    mine = frozenset(partition.share(which.number))
    checks = tuple(check for check in plan.checks if check.id in mine)
    share = Share(shard, content, "" if checks else _empty(shard, partition))
    return replace(plan, checks=checks, share=share)


def _recorded(dossier: Dossier, stage: str) -> bytes | None:
    path = dossier.live / stage / PARTITION
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error


def _empty(shard: Shard, partition: Partition) -> str:
    return (
        f"shard {shard} is empty: the stage falls into {partition.groups} groups of checks that "
        "stay together, so there is nothing for it to run, and it proves nothing"
    )
