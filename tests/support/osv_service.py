"""A local service that speaks as much of OSV's API as is asked for, over a folder of records."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from packaging.version import Version
from unit.kinds.servers import Handler, Server, document, serving, text

from runner.advisories.findings import Standing
from runner.advisories.record import read_record


@contextmanager
def osv_service(database: Path, page: int = 1000) -> Iterator[Server]:
    """Serve ``/v1/query``, ``/v1/querybatch`` and ``/v1/vulns/ID``, ``page`` records at a time."""
    records = {path.stem: path.read_bytes() for path in sorted(database.rglob("*.json"))}
    raw = {json.loads(data)["id"]: data for data in records.values()}

    def single(handler: Handler) -> None:
        found = _affecting(raw, json.loads(handler.state.seen[-1][3]))
        document({"vulns": [json.loads(raw[name]) for name in found]} if found else {})(handler)

    def batch(handler: Handler) -> None:
        queries = json.loads(handler.state.seen[-1][3])["queries"]
        document({"results": [_page(raw, query, page) for query in queries]})(handler)

    with serving() as server:
        server.answers = {"/v1/query": single, "/v1/querybatch": batch}
        server.answers |= {f"/v1/vulns/{name}": text(200, data) for name, data in raw.items()}
        yield server


def _page(raw: dict[str, bytes], query: dict[str, Any], size: int) -> dict[str, Any]:
    start = int(query.get("page_token", "0"))
    found = _affecting(raw, query)
    modified = "2026-01-01T00:00:00Z"
    result: dict[str, Any] = {}
    if here := found[start : start + size]:
        result["vulns"] = [{"id": name, "modified": modified} for name in here]
    if start + size < len(found):
        result["next_page_token"] = str(start + size)
    return result


def _affecting(raw: dict[str, bytes], query: dict[str, Any]) -> list[str]:
    """Give the ids of what affects a package, and of what was withdrawn for it."""
    package, version = query["package"]["name"], Version(query["version"])
    found = []
    for name, data in raw.items():
        record = read_record(data)
        if package in record.packages():
            said = record.advisory(package, "")
            if said.withdrawn or said.standing(version) is Standing.AFFECTED:
                found.append(name)
    return found
