"""Shards of a stage, many more than can be run here: a real one, told again under other names.

No playbook may be as long as to name 100,000 checks, and running them takes minutes. So the checks
of one shard are run, and its dossier is written again for every other, as that shard would have:
the names changed, the partition that of all, the chain of the journal computed anew.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.playbooks import OUTPUT, repository
from bench.tools import RUNNER

SHARDS = 256
"""How many."""
SHARE = 391
"""Checks of each."""
CHECKS = SHARDS * SHARE
"""Checks of all."""
_EVERY = 50
"""One check of so many fails."""
_FIRST = "s000-"
"""What the names of the checks that are run begin with."""
_PASSES = "[echo, passed]"
_FAILS = '[sh, -c, "echo it is not as it should be; exit 4"]'


def make(folder: Path) -> int:
    """Make a dossier for each shard in folders of their own; give how many checks failed."""
    place = repository(folder.with_name("repository"), "".join(map(_row, range(SHARE))))
    command = [str(RUNNER), "validate", "-q", "--shard", "1/1"]
    subprocess.run(command, cwd=place, check=False, capture_output=True)
    live = place / OUTPUT / "live"
    partition = _partition(live)
    for number in range(1, SHARDS + 1):
        _tell(live, folder / f"{number:03}" / "live", number, partition)
    return SHARDS * len(range(0, SHARE, _EVERY))


def _row(number: int) -> str:
    return f"    - {{area: {_FIRST}{number}, run: {_PASSES if number % _EVERY else _FAILS}}}\n"


def _name(number: int) -> str:
    return f"s{number:03}-"


def _partition(live: Path) -> bytes:
    """Give the partition of all shards."""
    told: dict[str, Any] = json.loads((live / "verification" / "partition.json").read_bytes())
    shares = range(1, SHARDS + 1)
    told["checks"] = [
        check.replace(_FIRST, _name(number), 1) for number in shares for check in told["checks"]
    ]
    told["shards"] = [number for number in shares for _ in range(SHARE)]
    told["seconds"] = [told["seconds"][0]] * SHARDS
    told["groups"] = CHECKS
    return json.dumps(told, separators=(",", ":")).encode() + b"\n"


def _tell(source: Path, target: Path, number: int, partition: bytes) -> None:
    """Write the dossier of a shard."""
    shard = {
        "number": number,
        "count": SHARDS,
        "partition": hashlib.sha256(partition).hexdigest(),
    }
    (target / "verification" / "logs").mkdir(parents=True)
    for path in source.rglob("*"):
        name = path.relative_to(source).as_posix().replace(_FIRST, _name(number))
        if path.is_file():
            (target / name).write_bytes(_told(path, number, shard))
    (target / "verification" / "partition.json").write_bytes(partition)


def _told(path: Path, number: int, shard: Mapping[str, object]) -> bytes:
    content = path.read_bytes()
    if path.suffix == ".log":
        return content
    content = content.replace(_FIRST.encode(), _name(number).encode())
    if path.name == "run.json":
        run = json.loads(content)
        run |= {"shard": shard, "total": CHECKS, "id": _run(run["id"], number)}
        return json.dumps(run, indent=1, ensure_ascii=False).encode() + b"\n"
    return _chained(content, number, shard) if path.name == "journal.jsonl" else content


def _run(name: str, number: int) -> str:
    """Give the id that a run has on another machine."""
    return f"{name[:-6]}{number:06x}"


def _chained(content: bytes, number: int, shard: Mapping[str, object]) -> bytes:
    """Write a journal, each line with the hash of the one before."""
    prev, lines = "0" * 64, []
    for line in content.splitlines():
        entry = json.loads(line)
        entry |= {"run": _run(entry["run"], number), "prev": prev}
        if entry["event"] == "run_started":
            entry["data"]["shard"] = shard
        written = json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode()
        prev = hashlib.sha256(written).hexdigest()
        lines.append(written + b"\n")
    return b"".join(lines)
