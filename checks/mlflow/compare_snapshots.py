"""Hold two snapshots against each other: what was there before must be there after, unchanged.

    python checks/mlflow/compare_snapshots.py before.jsonl.gz after.jsonl.gz [--exact]

Everything of the first is looked for in the second by its kind and name, and must say the same:
each field that the first one has. What came since then is counted as added, and fields that a newer
server tells as gained; with ``--exact`` they are differences too. The second is also counted and
summed up in the fields of the first alone (``after_as_before``), which must give the first's own
counts and checksums. Both files are read to their end and must be whole; memory does not grow with
them. Standard output is one JSON object, standard
error names what is lost or changed. Exit codes: 0 nothing is; 1 something is; 2 it could not be
decided: a file that is no whole snapshot, or a first one that holds nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from snapshot_file import Line, SnapshotError, Tally, read
from snapshot_store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Raised when a reader would have to change.
SCHEMA = "upgrade-runner/mlflow-comparison/1"

LOST, CHANGED, ADDED = "lost", "changed", "added"

#: Differences of one kind that are named; all are counted.
NAMED = 20

#: Characters of a value that are shown.
SHOWN = 200


@dataclass(frozen=True)
class Change:
    """A field that is not as it was."""

    field: str = ""
    """Which, as ``info.status``; empty where the thing itself came or went."""
    before: str = ""
    """What it was, as JSON, shortened; empty where there was none."""
    after: str = ""
    """What it is; empty where it is gone."""

    @property
    def gained(self) -> bool:
        """Whether there was no such field before."""
        return bool(self.field) and not self.before


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was."""

    what: str
    """``lost``, ``changed`` or ``added``."""
    kind: str
    """Of the thing: ``run``, ``metric``, …."""
    id: str
    """Its name."""
    change: Change
    """What of it."""

    def __str__(self) -> str:
        """Say it on one line."""
        said = f"{self.what} {self.kind}: {self.id}"
        one = self.change
        if not one.field:
            return said
        return f"{said}: {one.field}: {one.before or 'none'} -> {one.after or 'gone'}"


class Report:
    """What was found: exact counts, and the first differences of each kind."""

    def __init__(self, *, exact: bool) -> None:
        """Begin with none; ``exact`` is whether what came is a difference too."""
        self.exact = exact
        self.before, self.after = Tally(), Tally()
        self.again = Tally()
        self.counts: dict[str, dict[str, int]] = {LOST: {}, CHANGED: {}, ADDED: {}}
        self.gained: dict[str, dict[str, int]] = {}
        self.named: list[Difference] = []

    def add(self, what: str, line: Line, changes: list[Change] | None = None) -> None:
        """Add what is lost or added, or a thing with its changes."""
        count = self.counts[what][line.kind] = self.counts[what].get(line.kind, 0) + 1
        if count <= NAMED and (what != ADDED or self.exact):
            for change in (changes or [Change()])[:NAMED]:
                self.named.append(Difference(what, line.kind, line.id, change))

    def hold(self, before: Line, after: Line) -> None:
        """Add what differs in a thing that is there before and after."""
        same = Line(before.kind, before.id, in_fields_of(before.content, after.content))
        self.again.add(same.kind, same.text())
        changes = list(differing(before.content, after.content, ""))
        for one in changes if not self.exact else ():
            if one.gained:
                field = re.sub(r"\[\d+\]", "[]", one.field)
                known = self.gained.setdefault(before.kind, {})
                known[field] = known.get(field, 0) + 1
        if lost := [one for one in changes if self.exact or not one.gained]:
            self.add(CHANGED, before, lost)

    @property
    def failed(self) -> bool:
        """Whether anything is lost or changed or, where all must be the same, came."""
        counted = (LOST, CHANGED, *([ADDED] if self.exact else []))
        return any(self.counts[what] for what in counted) or self.again.told() != self.before.told()

    def told(self) -> dict[str, Any]:
        """Tell all of it, for JSON."""
        return {
            "schema": SCHEMA,
            "kept": not self.failed,
            "before": self.before.told(),
            "after": self.after.told(),
            "after_as_before": self.again.told(),
            **self.counts,
            "gained": self.gained,
            "differences": [asdict(one) for one in self.named],
        }


def main() -> int:
    """Compare; return the exit code."""
    options = parse_arguments()
    try:
        report = compare(options.before, options.after, exact=options.exact)
    except (SnapshotError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(json.dumps(report.told(), ensure_ascii=False))
    for one in report.named:
        print(one, file=sys.stderr)
    return 1 if report.failed else 0


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("before", type=Path, help="the earlier snapshot")
    parser.add_argument("after", type=Path, help="the later snapshot")
    parser.add_argument("--exact", action="store_true", help="nothing may have come either")
    return parser.parse_args()


def compare(before: Path, after: Path, *, exact: bool) -> Report:
    """Find what differs; raises SnapshotError."""
    report = Report(exact=exact)
    with Store() as store:
        store.fill(read(before, report.before))
        if not report.before.told():
            refuse_nothing(before)
        for line in read(after, report.after):
            earlier = store.take(line)
            if earlier is None:
                report.add(ADDED, line)
            else:
                report.hold(earlier, line)
        for lost in store.left():
            report.add(LOST, lost)
    return report


def refuse_nothing(path: Path) -> None:
    """Raise SnapshotError: that nothing of nothing is lost would prove nothing."""
    message = f"{path} holds nothing: there is nothing to compare with"
    raise SnapshotError(message)


def differing(before: Any, after: Any, at: str) -> Iterator[Change]:  # noqa: ANN401 - any JSON
    """Give what differs below a place."""
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted({*before, *after}):
            place = f"{at}.{name}" if at else name
            if name not in after:
                yield Change(place, shown(before[name]))
            elif name not in before:
                yield Change(place, "", shown(after[name]))
            else:
                yield from differing(before[name], after[name], place)
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for number, (old, new) in enumerate(zip(before, after, strict=True)):
            yield from differing(old, new, f"{at}[{number}]")
    elif type(before) is not type(after) or before != after:
        yield Change(at, shown(before), shown(after))


def in_fields_of(before: Any, after: Any) -> Any:  # noqa: ANN401 - any JSON
    """Give what is told after, without the fields that were not told before."""
    if isinstance(before, dict) and isinstance(after, dict):
        return {name: in_fields_of(before[name], after[name]) for name in before if name in after}
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        return [in_fields_of(old, new) for old, new in zip(before, after, strict=True)]
    return after


def shown(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Write a value for people."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


if __name__ == "__main__":
    sys.exit(main())
