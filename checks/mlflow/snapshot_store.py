"""The lines of a snapshot on the disk, found by kind and name, for as long as they are needed."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Self

from snapshot_file import Line, SnapshotError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TABLE = """
CREATE TABLE line (kind TEXT, id TEXT, content TEXT, taken INTEGER, PRIMARY KEY (kind, id))
WITHOUT ROWID
"""


class Store:
    """A folder below TMPDIR with the lines."""

    def __init__(self) -> None:
        """Make it, empty and for its owner alone."""
        self._stack = contextlib.ExitStack()
        folder = self._stack.enter_context(tempfile.TemporaryDirectory(prefix="upgrade-runner-"))
        path = Path(folder, "lines.db")
        self._base = self._stack.enter_context(contextlib.closing(sqlite3.connect(path)))
        # What is in it can be read anew, so that nothing need be safe from a crash.
        self._base.execute("PRAGMA journal_mode = OFF")
        self._base.execute("PRAGMA synchronous = OFF")
        self._base.execute(TABLE)

    def __enter__(self) -> Self:
        """Give it."""
        return self

    def __exit__(self, *_: object) -> None:
        """Remove it."""
        self._stack.close()

    def fill(self, lines: Iterable[Line]) -> None:
        """Keep the lines; raises SnapshotError for a name that stands there twice."""
        rows = ((line.kind, line.id, json.dumps(line.content), 0) for line in lines)
        try:
            self._base.executemany("INSERT INTO line VALUES (?, ?, ?, ?)", rows)
        except sqlite3.IntegrityError as error:
            message = f"a snapshot names one thing twice: {error}"
            raise SnapshotError(message) from error
        except sqlite3.Error as error:
            message = f"the snapshot cannot be kept below TMPDIR: {error}"
            raise SnapshotError(message) from error

    def take(self, wanted: Line) -> Line | None:
        """Give the line of the same kind and name, if there is one, and remember that."""
        where = (wanted.kind, wanted.id)
        query = "SELECT content, taken FROM line WHERE kind = ? AND id = ?"
        found = self._base.execute(query, where).fetchone()
        if found is None:
            return None
        if found[1]:
            message = f"a snapshot names one thing twice: {wanted.kind} {wanted.id}"
            raise SnapshotError(message)
        self._base.execute("UPDATE line SET taken = 1 WHERE kind = ? AND id = ?", where)
        return Line(wanted.kind, wanted.id, json.loads(found[0]))

    def left(self) -> Iterator[Line]:
        """Give the lines that nobody took."""
        query = "SELECT kind, id, content FROM line WHERE NOT taken ORDER BY kind, id"
        for kind, name, content in self._base.execute(query):
            yield Line(kind, name, json.loads(content))
