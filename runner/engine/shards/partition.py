"""The partition: which shard takes which check, on record in ``<stage>/partition.json``.

It is a pure function of the checks, the number of shards and the durations, so that shards that
never meet come to the same; its SHA-256 shows whether they did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from statistics import median_low
from typing import Annotated, Any, Literal

import msgspec

from runner.engine.dossier import PARTITION
from runner.engine.shards.balance import balance
from runner.engine.shards.groups import groups
from runner.errors import UsageError
from runner.model import Check
from runner.playbook.fingerprint import digest

_MILLISECONDS = 1000
_UNKNOWN = 1000
"""Milliseconds of a check where no duration is known at all; any would do."""


class Partition(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What each shard takes."""

    format: Literal["upgrade-runner/partition/1"]
    """Names this format."""
    stage: str
    """Name of the stage."""
    checks: tuple[str, ...]
    """Ids of the checks that were selected, in the order of the playbook."""
    shards: tuple[Annotated[int, msgspec.Meta(ge=1)], ...]
    """For each check the number of the shard that takes it, counted from 1."""
    seconds: tuple[float, ...]
    """For each shard what it is expected to take, by the durations known."""
    groups: int
    """Into how many groups the checks fall that must stay together."""
    known: int
    """Of how many checks a duration was known; the others count with the median of these."""
    services: tuple[str, ...]
    """Names of the services, in the order of the playbook."""
    definitions: str
    """SHA-256 over the checks' fingerprints: other definitions make another partition."""

    @property
    def count(self) -> int:
        """How many shards there are."""
        return len(self.seconds)

    def shares(self) -> tuple[tuple[str, ...], ...]:
        """Give the ids of every shard's checks, in the order of the playbook."""
        found: list[list[str]] = [[] for _ in self.seconds]
        for check, shard in zip(self.checks, self.shards, strict=True):
            found[shard - 1].append(check)
        return tuple(map(tuple, found))

    def share(self, number: int) -> tuple[str, ...]:
        """Give the ids of a shard's checks, in the order of the playbook."""
        pairs = zip(self.checks, self.shards, strict=True)
        return tuple(check for check, shard in pairs if shard == number)


def cut(
    stage: str,
    checks: Sequence[Check],
    services: Sequence[str],
    count: int,
    durations: Mapping[str, float],
) -> Partition:
    """Cut a stage into shards of about the same duration; what belongs together stays so."""
    took = [_milliseconds(durations.get(check.id)) for check in checks]
    known = [one for one in took if one is not None]
    usual = median_low(known) if known else _UNKNOWN
    weights = [usual if one is None else one for one in took]
    together = groups(checks)
    bins = balance([sum(weights[place] for place in group) for group in together], count)
    shards = [0] * len(checks)
    seconds = [0.0] * count
    for number, bin_ in enumerate(bins, 1):
        for place in (place for group in bin_ for place in together[group]):
            shards[place] = number
        total = sum(weights[place] for group in bin_ for place in together[group])
        seconds[number - 1] = total / _MILLISECONDS
    return Partition(
        format="upgrade-runner/partition/1",
        stage=stage,
        checks=tuple(check.id for check in checks),
        shards=tuple(shards),
        seconds=tuple(seconds),
        groups=len(together),
        known=len(known),
        services=tuple(services),
        definitions=digest([[check.id, check.fingerprint] for check in checks]),
    )


def _milliseconds(seconds: float | None) -> int | None:
    """Make it a whole number, at least 1: sums of these are the same everywhere."""
    return None if seconds is None else max(1, round(seconds * _MILLISECONDS))


def encode(partition: Partition) -> bytes:
    """Write it in its one form."""
    return msgspec.json.encode(partition) + b"\n"


def decode(content: bytes) -> Partition:
    """Read it; raises ValueError where it is none."""
    partition = msgspec.json.decode(content, type=Partition)
    if len(partition.checks) != len(partition.shards) or (
        max(partition.shards, default=0) > partition.count
    ):
        raise ValueError("it does not give each check to one of its shards")
    return partition


def fingerprint(content: bytes) -> str:
    """Give the SHA-256 of a partition as it is written."""
    return hashlib.sha256(content).hexdigest()


def recorded_partition(content: bytes, checks: Sequence[Check], count: int) -> Partition:
    """Read back the partition of a run that is resumed; raises UsageError where it is another."""
    try:
        partition = decode(content)
    except (ValueError, msgspec.DecodeError) as error:
        raise UsageError(f"{PARTITION} cannot be read: {error}", hint=_ANEW) from error
    definitions = digest([[check.id, check.fingerprint] for check in checks])
    if partition.count != count or partition.definitions != definitions:
        raise UsageError("the run was cut into shards of other checks", hint=_ANEW)
    return partition


_ANEW = "run the shard without --resume, and all the others anew"


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the document, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:partition:1",
        "title": "Which shard takes which check of a stage",
        **msgspec.json.schema(Partition),
    }
