"""Past runs: those of the live dossier, and those in the bundles beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from runner.errors import UsageError
from runner.evidence.verification import verify
from runner.model import Run

_LIVE = "live"
_ENDING = ".tar.gz"


@dataclass(frozen=True)
class Past:
    """A run that is on record."""

    run: Run
    """What was found."""
    places: tuple[str, ...]
    """Where its record is: paths below the folder of the evidence, the dossier's first."""


@dataclass(frozen=True)
class History:
    """What a folder of evidence tells of past runs."""

    runs: tuple[Past, ...]
    """Each once, the newest first."""
    problems: tuple[str, ...]
    """Records that are not counted, with the reason: changed bundles, unreadable files."""


def history(output: Path) -> History:
    """Read every run below a folder; of a bundle only where all of it holds."""
    runs: dict[str, Run] = {}
    places: dict[str, list[str]] = {}
    problems: list[str] = []
    for place, record in _records(output, problems):
        try:
            run = msgspec.json.decode(record, type=Run)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            problems.append(f"{place}: is not the record of a run: {error}")
            continue
        runs.setdefault(run.id, run)
        places.setdefault(run.id, []).append(place)
    found = [Past(run, tuple(places[run.id])) for run in runs.values()]
    newest = sorted(found, key=lambda one: (one.run.started, one.run.id), reverse=True)
    return History(tuple(newest), tuple(problems))


def _records(output: Path, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    live = output / _LIVE
    for path in (*sorted(live.glob("*/run.json")), *sorted(live.glob("earlier/*/run.json"))):
        place = path.relative_to(output).as_posix()
        try:
            yield place, path.read_bytes()
        except OSError as error:
            problems.append(f"{place}: cannot be read: {error.strerror}")
    for bundle in sorted(output.glob(f"*{_ENDING}")):
        yield from _sealed(bundle, problems)


def _sealed(bundle: Path, problems: list[str]) -> Iterator[tuple[str, bytes]]:
    try:
        found = verify(bundle)
    except UsageError as error:
        problems.append(f"{bundle.name}: {error.message}")
        return
    if not found.holds:
        problems.append(f"{bundle.name}: does not hold: {found.problems[0]}")
        return
    for path, content in found.runs.items():
        yield f"{bundle.name}/{path}", content


def pick(found: History, name: str) -> Past:
    """Give the run whose id is, or alone begins with, a name; raises UsageError."""
    exact = [one for one in found.runs if one.run.id == name]
    fitting = exact or [one for one in found.runs if one.run.id.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(one.run.id for one in fitting)
        raise UsageError(f"several runs begin with '{name}': {ids}", hint="give more of the id")
    raise UsageError(f"there is no run '{name}'", hint="`runner history` lists those on record")
