"""Makes a small database of the revision ``a``, or damages what was made of it."""

from __future__ import annotations

import json
import sqlite3
import sys
from pathlib import Path

OUTPUT = Path("analysis_outputs")


def make(name: str) -> None:
    with sqlite3.connect(name) as connection:
        connection.execute("CREATE TABLE alembic_version AS SELECT 'a' AS version_num")
        connection.execute("CREATE TABLE things AS SELECT 1 AS id, 'one' AS name")


def dump() -> Path:
    (found,) = (OUTPUT / "backups").iterdir()
    return found


def truncate() -> None:
    dump().write_bytes(dump().read_bytes()[:-512])


def flip() -> None:
    content = bytearray(dump().read_bytes())
    content[len(content) // 2] ^= 1
    dump().write_bytes(content)


def forge() -> None:
    """Leave a dump and a record of it that no run has made."""
    copy = OUTPUT / "backups" / "copy.dump"
    copy.parent.mkdir(parents=True)
    copy.write_bytes(Path("shop.db").read_bytes())
    record = {"path": "backups/copy.dump", "bytes": copy.stat().st_size}
    (OUTPUT / "live" / "database-backup.json").write_text(json.dumps(record))


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
