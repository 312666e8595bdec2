"""Whether shards are of one run: one commit, playbook, release, profile and partition."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from runner.engine.merge.shard import ShardDossier

_HASH = 40
"""Characters from which a text is a hash that people need not read whole."""
_SHORT = 12
"""Digits of a hash that people read."""

_WANTED: tuple[tuple[str, Callable[[ShardDossier], tuple[str, ...]]], ...] = (
    ("packages", lambda one: (one.head.subject.package,)),
    ("releases", lambda one: (one.head.subject.version,)),
    ("commits", lambda one: (one.head.subject.commit or "no commit",)),
    ("playbooks", lambda one: (one.head.subject.playbook, one.head.subject.playbook_sha256)),
    ("profiles", lambda one: (one.head.subject.profile or "no profile",)),
    ("versions that the upgrade began from", lambda one: (one.began.before,)),
    ("numbers of shards", lambda one: (str(one.shard.count),)),
    (
        "definitions of checks (another --set, --only or environment)",
        lambda one: (one.cut.partition.definitions,),
    ),
    (
        "partitions (other durations, or another version of the runner)",
        lambda one: (one.shard.partition,),
    ),
)
"""What must be the same in all shards, the cause before what follows from it."""


def disagreements(shards: Sequence[ShardDossier]) -> Iterator[str]:
    """Say in what shards differ that they must not; a partition differs by what it was made of."""
    told = False
    for what, tell in _WANTED:
        values: dict[tuple[str, ...], list[str]] = {}
        for one in shards:
            values.setdefault(tell(one), []).append(str(one.live))
        if len(values) > 1 and not (told and what.startswith("partitions")):
            told = True
            each = (f"{_shown(value)} in {', '.join(of)}" for value, of in values.items())
            yield f"the shards are of different {what}: {'; '.join(each)}"


def _shown(value: tuple[str, ...]) -> str:
    return " ".join(part[:_SHORT] if len(part) >= _HASH else part for part in value)
