"""What a migration changed."""

from __future__ import annotations

from runner.kinds.database.contents import Contents, Table
from runner.model.rehearsed import Migration, TableChange


def migration_of(before: Contents, after: Contents) -> Migration:
    """Compare what stood there before with what stands there now."""
    old, new = ({table.name: table for table in one.tables} for one in (before, after))
    changes = (_change(one, old.get(one), new.get(one)) for one in sorted({*old, *new}))
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
    if old.sha256 != new.sha256:
        return TableChange(name, "content", old.rows, new.rows)
    if old.definition != new.definition:
        return TableChange(name, "definition", old.rows, new.rows)
    return None
