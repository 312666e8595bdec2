"""Makers of OSV records and databases."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from packaging.version import Version

from runner.advisories.findings import Advisory, Database
from runner.advisories.osv import Reading, read_osv
from runner.advisories.record import read_record
from runner.advisories.versions import Interval, Word, intervals

ROOT = Path(__file__).resolve().parents[3]
SNAPSHOT = ROOT / "config" / "advisories"
DATABASE = Database("osv", "db", "0" * 64, "2026-01-01T00:00:00Z", 1)

Events = list[dict[str, str]]


def record(
    name: str = "PYSEC-1",
    events: Events | None = None,
    package: str = "mlflow",
    **more: Any,  # noqa: ANN401 - any JSON
) -> dict[str, Any]:
    """Give a record with one range; ``more`` replaces what stands at the top."""
    ranges = [{"type": "ECOSYSTEM", "events": events or [{"introduced": "0"}]}]
    return {
        "id": name,
        "modified": "2026-01-01T00:00:00Z",
        "affected": [{"package": {"ecosystem": "PyPI", "name": package}, "ranges": ranges}],
        **more,
    }


def affected(package: str = "mlflow", **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"package": {"ecosystem": "PyPI", "name": package}, **more}


def advisory(data: Mapping[str, Any], package: str = "mlflow") -> Advisory:
    return read_record(json.dumps(data).encode()).advisory(package, "file.json")


def span(*events: tuple[str, str]) -> tuple[Interval, ...]:
    return intervals((Word(word), text) for word, text in events)


def folder(path: Path, *records: Mapping[str, Any] | bytes) -> Path:
    """Write a database of files 0.json, 1.json and so on."""
    path.mkdir(exist_ok=True)
    for number, one in enumerate(records):
        data = one if isinstance(one, bytes) else json.dumps(one).encode()
        (path / f"{number}.json").write_bytes(data)
    return path


def archive(path: Path, entries: Mapping[str, bytes]) -> Path:
    """Write a zip."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, data in entries.items():
            out.writestr(name, data)
    return path


def read(path: Path, *packages: str) -> Reading:
    return read_osv(path, packages or ("mlflow",))


def v(text: str) -> Version:
    return Version(text)
