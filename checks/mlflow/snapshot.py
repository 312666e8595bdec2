"""Export what a tracking server holds, and prove that the export can be read back.

    python checks/mlflow/snapshot.py --output analysis_outputs/backups/experiments.jsonl.gz

Experiments (deleted ones too), runs with parameters, tags and the whole history of each metric,
artifacts with the SHA-256 of their bytes, logged and registered models with versions and aliases,
prompts, and traces with their spans: a line of JSON each. Evaluation datasets, webhooks and MCP
servers, which newer releases have, are none of it: they are in the database's backup, whose every
table is compared, and nothing here speaks of them. The export is then read back, and the
server is asked for everything a second time; all three must agree in counts and checksums. With
``--once`` it is not asked again: for an export that `compare_snapshots.py` holds against an earlier
one, which is the second answer then. What the server lists and cannot give (3.6.0: names beyond
ASCII) is told as unread. Memory does not grow with what there is. Standard output is one JSON
object, in which ``answers`` is how often the server was asked. Exit codes: 0 all agree; 1 they do
not; 2 the server could not be asked, or the export not be written.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from locked import AuditError
from snapshot_file import SCHEMA, SnapshotError, read, sha256_of, tally, write
from snapshot_source import Source
from tracking import new_client, probe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from snapshot_file import Contents

#: Calls under way at once: enough to keep one worker of a server busy.
WORKERS = 4


def main() -> int:
    """Export and compare; return the exit code."""
    options = parse_arguments()
    uri = os.environ.get("MLFLOW_TRACKING_URI", "").rstrip("/")
    try:
        probe(uri)
        source = Source(uri, new_client(uri), options.workers)
        exported = write(source.lines(), options.output)
        answers = [exported] if options.once else [exported, tally(source.lines())]
        back = tally(read(options.output))
    except AuditError as error:
        return refused(f"{error}; {error.hint}")
    except SnapshotError as error:
        return refused(str(error))
    except Exception as error:  # noqa: BLE001 - mlflow's client raises many kinds
        return refused(f"{type(error).__name__}: {error}")
    again = answers[-1]
    verified = exported == back == again
    told = {"schema": SCHEMA, "path": str(options.output), "bytes": options.output.stat().st_size}
    told |= {"sha256": sha256_of(options.output), "contents": exported}
    unread = sorted(source.unread)
    told |= {"unread": unread, "answers": len(answers), "verified": verified}
    print(json.dumps(told))
    for name in unread:
        print(f"by name and size alone, the server answers 500: {name}", file=sys.stderr)
    for line in problems(exported, back, again):
        print(line, file=sys.stderr)
    return 0 if verified else 1


def refused(reason: str) -> int:
    """Say why nothing was decided."""
    print(f"error: {reason}", file=sys.stderr)
    return 2


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--output", required=True, type=Path, help="the file of the export")
    parser.add_argument("--once", action="store_true", help="do not ask the server again")
    parser.add_argument("--workers", type=int, default=WORKERS, help="calls under way at once")
    return parser.parse_args()


def problems(exported: Contents, back: Contents, again: Contents) -> Iterator[str]:
    """Tell what does not agree, a line for each kind."""
    for name, other in (("the export read back", back), ("the server's second answer", again)):
        for kind in sorted({*exported, *other}):
            if exported.get(kind) != other.get(kind):
                found = f"expected {exported.get(kind)}, actual: {other.get(kind)}"
                yield f"{name} differs in {kind}: {found}"


if __name__ == "__main__":
    sys.exit(main())
