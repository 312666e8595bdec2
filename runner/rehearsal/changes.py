"""What a migration changed, and whether a rollback brought everything back."""

from __future__ import annotations

from collections.abc import Iterator

from runner.model.rehearsed import Migration, TableChange
from runner.rehearsal.databases import Reading, Table


def migration_of(before: Reading, after: Reading) -> Migration:
    """Compare what stood there before with what stands there now."""
    names = sorted({*before.tables, *after.tables})
    changes = (_change(one, before.tables.get(one), after.tables.get(one)) for one in names)
    return Migration(
        before.revision,
        after.revision,
        tuple(one for one in changes if one is not None),
        before.rows,
        after.rows,
    )


def _change(name: str, old: Table | None, new: Table | None) -> TableChange | None:
    if old is None or new is None:
        rows = (old.rows if old else None, new.rows if new else None)
        return TableChange(name, "added" if old is None else "dropped", *rows)
    added = tuple(one for one in new.columns if one not in old.columns)
    dropped = tuple(one for one in old.columns if one not in new.columns)
    if added or dropped:
        return TableChange(name, "columns", old.rows, new.rows, added, dropped)
    if old.rows != new.rows:
        return TableChange(name, "rows", old.rows, new.rows)
    return TableChange(name, "content", old.rows, new.rows) if old != new else None


def differences(saved: Reading, restored: Reading) -> Iterator[str]:
    """Say what the restored database has otherwise than the saved one, a line each."""
    changed = migration_of(saved, restored)
    if changed.revision_before != changed.revision_after:
        yield f"revision {changed.revision_after}, saved {changed.revision_before}"
    for one in changed.tables:
        if one.change == "content":
            yield f"table {one.table}: {one.rows_after} rows, of another content"
        elif one.change == "rows":
            yield f"table {one.table}: {one.rows_after} rows, saved {one.rows_before}"
        else:
            yield f"table {one.table}: {one.change}"
