"""Small dossiers to seal."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

FILES = {
    "verification/run.json": b"{}\n",
    "verification/logs/a.1.log": b"x" * 1000,
    "verification/logs/" + "long" * 40 + ".log": b"",
    "verification/artifacts/\u00e9.bin": bytes(range(256)) * 2,
    ".lock": b"1\n",
}
UPGRADE = {"package": "mlflow", "from": "3.6.0", "to": "3.17.2", "begun": "2026-11-22T12:00:00Z"}
FOLDER = "mlflow-3.6.0-3.17.2-20261124"


def journal(count: int = 3) -> bytes:
    lines: list[bytes] = []
    prev = "0" * 64
    for number in range(1, count + 1):
        head = {"seq": number, "time": f"2026-11-2{min(number + 1, 4)}T01:02:03.000+00:00"}
        line = json.dumps({**head, "run": "r", "event": "e", "data": {}, "prev": prev}).encode()
        prev = hashlib.sha256(line).hexdigest()
        lines.append(line + b"\n")
    return b"".join(lines)


def dossier(folder: Path) -> Path:
    live = folder / "live"
    files = {**FILES, "upgrade.json": json.dumps(UPGRADE).encode(), "journal.jsonl": journal()}
    for path, content in files.items():
        (live / path).parent.mkdir(parents=True, exist_ok=True)
        (live / path).write_bytes(content)
    return live
