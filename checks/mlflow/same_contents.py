"""Compare what two snapshots have found: counts and checksums of every kind.

    python checks/mlflow/same_contents.py before.json after.json

Both are what snapshot.py has printed. Standard output is one JSON object. Exit codes: 0 equal; 1
not equal; 2 one of them is no verified snapshot. One that was left out compares with nothing.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from snapshot_file import SCHEMA


def main() -> int:
    """Compare; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    options = parser.parse_args()
    try:
        before, after = (contents(path) for path in (options.before, options.after))
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"error: {error!r}", file=sys.stderr)
        return 2
    if before is None:
        print(json.dumps({"equal": None, "reason": "no snapshot was made before the rollout"}))
        return 0
    kinds = sorted({*before, *(after or {})})
    different = {
        kind: {"before": before.get(kind), "after": (after or {}).get(kind)}
        for kind in kinds
        if before.get(kind) != (after or {}).get(kind)
    }
    counts = {kind: one["count"] for kind, one in before.items()}
    print(json.dumps({"equal": not different, "counts": counts, "different": different}))
    return 1 if different else 0


def contents(path: Path) -> dict[str, Any] | None:
    """Read one; None where it was left out."""
    told = json.loads(path.read_text(encoding="utf-8"))
    if told.get("left out"):
        return None
    if told["schema"] != SCHEMA or told["verified"] is not True:
        message = f"{path} is no verified snapshot"
        raise ValueError(message)
    found: dict[str, Any] = told["contents"]
    return found


if __name__ == "__main__":
    sys.exit(main())
