"""A backup is dumped, restored and compared in a memory that does not grow with the database."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from support.command import environment
from support.memory import peak
from support.postgres import cluster

PLAYBOOK = """
release: {package: shop, version: "1.0"}
stages:
  preflight:
    - {area: Backup, uses: database, with: {operation: backup, url_env: DB}, secrets: [DB]}
"""
FEW, MANY = 4_000, 28_000
"""Rows of a KiB: more than SQLite and libpq keep for themselves, and 24 MiB more."""
LIMIT = 8 * 1024
"""KiB that the runner may take more for it."""


def taken(folder: Path, url: str, rows: int) -> int:
    """Give the most memory, in KiB, that a verified backup of so many rows took."""
    book = folder / "shop_release.yaml"
    book.write_text(PLAYBOOK)
    words = ("run", "preflight", "-p", book, "-o", folder / "out")
    most = peak(sys.executable, "-m", "runner", *words, env=environment({"DB": url}))
    record = json.loads((folder / "out/live/database-backup.json").read_bytes())
    assert sum(one["rows"] for one in record["contents"]["tables"]) == rows
    return most


def growth(folder: Path, url: str, fill: Callable[[int], None]) -> int:
    fill(FEW)
    first = taken(folder, url, FEW)
    fill(MANY - FEW)
    return taken(folder, url, MANY) - first


def test_sqlite(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "shop.db", isolation_level=None)) as connection:
        connection.execute("CREATE TABLE things (text)")
        script = (
            "WITH RECURSIVE rows AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM rows WHERE n < ?)"
            " INSERT INTO things SELECT hex(randomblob(512)) FROM rows"
        )

        def fill(rows: int) -> None:
            connection.execute(script, (rows,))

        assert growth(tmp_path, f"sqlite:///{tmp_path}/shop.db", fill) < LIMIT


def test_postgresql(tmp_path: Path) -> None:
    with cluster() as server:
        server.execute("CREATE DATABASE shop OWNER owner")
        server.execute("CREATE TABLE things (text text)", database="shop", user="owner")
        script = "INSERT INTO things SELECT repeat(md5(n::text), 32) FROM generate_series(1, {}) n"

        def fill(rows: int) -> None:
            server.execute(script.format(rows), database="shop", user="owner")

        assert growth(tmp_path, server.url("shop"), fill) < LIMIT
