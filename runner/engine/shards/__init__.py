"""A stage spread over machines: every shard computes the same partition, and takes its share.

`which` reads what ``--shard`` says, `groups` tells what must stay together, `durations` reads how
long checks took, `balance` spreads them, `partition` is what came out, on record, and `share`
makes the plan of one shard.
"""

from __future__ import annotations

from runner.engine.shards.durations import recorded_durations
from runner.engine.shards.partition import Partition, cut
from runner.engine.shards.share import durations_for, partition_of, take_share
from runner.engine.shards.which import Which, parse

__all__ = [
    "Partition",
    "Which",
    "cut",
    "durations_for",
    "parse",
    "partition_of",
    "recorded_durations",
    "take_share",
]
