"""Shards joined into one dossier, which equals that of an unsharded run but for times.

`merging` leads: `found` looks for dossiers in folders, `shard` reads one, `agreement` says whether
they are of one run, `inside` opens its files, `joining` brings each into the dossier by `kept`,
`files` and `retelling`, `spool` holds results that are more than memory should, and `record` is
what the command prints.

Each shard's journal is kept as it is, below ``<stage>/shards/``. The joined journal is one chain
of its own: it names the last hash of each of those, and repeats what they tell of checks.
"""

from __future__ import annotations

from runner.engine.merge.merging import merge
from runner.engine.merge.record import MergeRecord, ShardRecord

__all__ = ["MergeRecord", "ShardRecord", "merge"]
