"""The log as a whole: one run, its rules, its results, and what could not be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from runner import __version__
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report
from runner.advisories.vulnerabilities import Vulnerability, combine
from runner.reporters.sarif.places import Places
from runner.reporters.sarif.results import ROOT, result
from runner.reporters.sarif.rules import rule
from runner.reporters.sarif.rulings import THERE, Key, Ruling, key
from runner.reporters.sarif.texts import message
from runner.reporters.text import count, one_line

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
"""As GitHub's documentation names it; the one of OASIS has moved more than once."""
_MOST_RESULTS = 25_000
"""GitHub refuses a file with more results, or more rules, in a run."""
_MOST_NAMED = 10
"""Packages or places that a notification names."""
_LEVELS = ("error", "warning", "note")
"""The order of results; within one level the worst stay first, as they are given."""


@dataclass(frozen=True)
class Scan:
    """A scan, and what was made of it."""

    snapshot: Snapshot | None
    """What was found; None where it did not come to that."""
    rulings: Mapping[Key, Ruling] = field(default_factory=dict)
    """What the gate says of its vulnerabilities; the others are merely there."""
    errors: tuple[str, ...] = ()
    """Why it could not be done or judged, a sentence each."""


def sarif(scan: Scan, places: Places, identity: str) -> bytes:
    """Give the log of a scan; equal scans give equal bytes.

    ``identity`` tells this run from others: a category, a slash and the run's id. A scan without a
    snapshot and without an error would look like a clean one: it raises ValueError.
    """
    if scan.snapshot is None and not scan.errors:
        raise ValueError("a scan that has no snapshot has a reason why")
    there = combine(scan.snapshot) if scan.snapshot else ()
    found = sorted(there, key=lambda one: _LEVELS.index(_ruling(one, scan).level))
    kept = found[:_MOST_RESULTS]
    groups: dict[str, list[Vulnerability]] = {}
    for one in kept:
        groups.setdefault(one.id, []).append(one)
    run = {
        "tool": _tool(groups),
        "automationDetails": {"id": one_line(identity)},
        "invocations": [_invocation(scan, len(found) - len(kept))],
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": _results(kept, list(groups), scan, places),
        **({"properties": _facts(scan.snapshot)} if scan.snapshot else {}),
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(log), indent=1) + b"\n"


def _tool(groups: Mapping[str, list[Vulnerability]]) -> dict[str, object]:
    rules = [rule(name, group) for name, group in groups.items()]
    return {"driver": {"name": "Upgrade Runner", "version": __version__, "rules": rules}}


def _results(
    found: Sequence[Vulnerability], rules: Sequence[str], scan: Scan, places: Places
) -> list[dict[str, object]]:
    numbers = {name: number for number, name in enumerate(rules)}
    return [
        result(one, _ruling(one, scan), numbers[one.id], places.of(one.package)) for one in found
    ]


def _ruling(one: Vulnerability, scan: Scan) -> Ruling:
    return scan.rulings.get(key(one), THERE)


def _invocation(scan: Scan, left_out: int) -> dict[str, object]:
    told = [_notification("error", text) for text in scan.errors]
    for report in scan.snapshot.reports if scan.snapshot else ():
        told += [_notification("warning", text) for text in _gaps(report)]
    if left_out:
        text = f"{count(left_out, 'result')} left out: more than {_MOST_RESULTS} are refused."
        told.append(_notification("warning", text))
    return {"executionSuccessful": not scan.errors, "toolExecutionNotifications": told}


def _notification(level: str, text: str) -> dict[str, object]:
    return {"level": level, "message": message(text)}


def _gaps(report: Report) -> Iterator[str]:
    """Say what a source has not looked at, or could not read: nothing is known of that."""
    if report.skipped:
        packages = count(len(report.skipped), "package")
        yield f"{report.source} did not look at {packages}: {_some(sorted(report.skipped))}."
    if report.problems:
        places = _some([f"{one.place} ({one.reason})" for one in report.problems])
        yield f"{report.source} could not read {count(len(report.problems), 'record')}: {places}."


def _some(names: list[str]) -> str:
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _facts(snapshot: Snapshot) -> dict[str, object]:
    """Give what was scanned, when, and by what."""
    return {
        "package": snapshot.package,
        "version": snapshot.version,
        "taken": snapshot.taken,
        "commit": snapshot.commit,
        "subject": one_line(snapshot.inventory.subject),
        "components": len(snapshot.inventory.components),
        "sources": [
            {
                "name": report.source,
                "tool": one_line(report.tool),
                "database": one_line(report.database.location),
                "sha256": report.database.identity,
                "modified": report.database.timestamp,
                "audited": len(report.audited),
            }
            for report in snapshot.reports
        ],
    }
