"""What is in a database: the schema's revision, tables, exact counts, and a checksum of the rows.

The checksum of a table is the sum of the SHA-256 of its rows modulo 2^256 (AdHash; Bellare and
Micciancio, "A New Paradigm for Collision-Free Hashing", 1997): it needs no order, so that a table
that was written anew in another physical order has the same, and no memory.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

_MODULUS = 1 << 256


@dataclass(frozen=True)
class Table:
    """A table, read to its end."""

    name: str
    """With its schema, where the engine has schemas: ``public.runs``."""
    rows: int
    """Exact count."""
    sha256: str
    """Checksum of all rows, 64 hexadecimal digits."""
    definition: str
    """SHA-256 of its columns with their types, and of the names of its constraints and indexes."""
    columns: tuple[str, ...] = ()
    """Their names, in their order."""


@dataclass(frozen=True)
class Contents:
    """A database, read to its end in one consistent view."""

    revision: str
    """What ``alembic_version`` says; several heads are joined by commas; empty for none."""
    tables: tuple[Table, ...]
    """By name."""
    sequences: Mapping[str, str] = field(default_factory=dict)
    """Name to state of the generators of keys that are objects of their own (PostgreSQL); of a
    source, only those that stood still while it was dumped."""

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(table.rows for table in self.tables)

    def describe(self) -> str:
        """Say on one line what there is."""
        revision = self.revision or "none"
        return f"revision {revision}, {len(self.tables)} tables, {self.rows} rows"


class Checksum:
    """The checksum and the count of a table's rows, as they come in."""

    def __init__(self) -> None:
        """Begin with no row."""
        self.rows = 0
        """Rows so far."""
        self._sum = 0

    def add(self, rows: Iterable[bytes]) -> None:
        """Add rows, each written so that other values or types are other bytes."""
        found = self._sum
        for self.rows, row in enumerate(rows, self.rows + 1):  # noqa: B020 - it goes on counting
            found += int.from_bytes(hashlib.sha256(row).digest(), "big")
        self._sum = found

    def value(self) -> str:
        """Give it in hexadecimal."""
        return f"{self._sum % _MODULUS:064x}"


def digest_of(texts: Sequence[str]) -> str:
    """Give the SHA-256 of a list of texts."""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()


def differences(expected: Contents, found: Contents) -> tuple[str, ...]:
    """Tell how ``found`` differs from ``expected``, a line each; nothing where they are equal."""
    return tuple(_differences(expected, found))


def _differences(expected: Contents, found: Contents) -> Iterator[str]:
    if expected.revision != found.revision:
        there = found.revision or "none"
        yield f"schema revision {there}, expected {expected.revision or 'none'}"
    known = {table.name: table for table in found.tables}
    for table in expected.tables:
        other = known.pop(table.name, None)
        if difference := _difference(table, other):
            yield f"table {table.name}: {difference}"
    for name in known:
        yield f"table {name}: is there, expected none"
    for name, state in expected.sequences.items():
        there = found.sequences.get(name, "is missing")
        if there != state:
            yield f"sequence {name}: {there}, expected {state}"


def _difference(expected: Table, found: Table | None) -> str:
    if found is None:
        return "is missing"
    if found.rows != expected.rows:
        return f"{found.rows} rows, expected {expected.rows}"
    if found.sha256 != expected.sha256:
        return f"the content of its {found.rows} rows differs"
    return "" if found.definition == expected.definition else "its definition differs"
