"""How much of each thing the page shows, so that it stays small whatever a dossier holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from runner.model import Artifact, Attempt, Outcome, Run
from runner.reporters.html.evidence import Evidence
from runner.reporters.reading import results_at
from runner.reporters.text import clean

_TEXT = 600_000
"""Characters for the tails of logs, all together."""
_TAIL = 4000
"""Characters of a tail at most: about a screen."""
_CALM_TAIL = 1500
"""The same of a check that passed."""
_WORTH = 200
"""Characters below which a tail says too little to be shown."""
_MANY = 500
"""Checks above which only the first of those that need an explanation are told in full."""
_FULL = 300
"""How many that are then."""
_LEAST, _MOST = 80, 2000
"""Characters of a field, with very many checks and with few."""


class Measures(msgspec.Struct, frozen=True):
    """What is shown at most; the record, which the page links to, has all."""

    field: int
    """Characters of a text."""
    assertions: int
    """Expectations of a step, those that did not hold first."""
    cases: int
    """Cases of an inner test runner that an attempt shows, those that did not pass first."""
    brief: bool
    """Whether there are too many checks to tell each in full."""
    full: Mapping[str, Sequence[int]]
    """By the stage, the places of those that are told in full, in order."""


def measures(evidence: Evidence) -> Measures:
    """Choose by the number of checks, so that the page stays under 5 MB for 10,000."""
    checks = sum(len(run.results) for run in evidence.stages) or 1
    brief = checks > _MANY
    places = in_need if brief else _all
    return Measures(
        field=max(_LEAST, min(_MOST, 400_000 // checks)),
        assertions=max(4, min(50, 10_000 // checks)),
        cases=max(2, min(100, 10_000 // checks)),
        brief=brief,
        full=_first(evidence.stages, places, _FULL if brief else checks),
    )


def _first(
    runs: Iterable[Run], places: Callable[[Run], Sequence[int]], most: int
) -> Mapping[str, Sequence[int]]:
    """Give the first places of all runs together."""
    found: dict[str, Sequence[int]] = {}
    for run in runs:
        found[run.stage] = places(run)[:most]
        most -= len(found[run.stage])
    return found


def _all(run: Run) -> Sequence[int]:
    return range(len(run.results))


def in_need(run: Run) -> Sequence[int]:
    """Give the places of the checks that one line does not explain, in order."""
    return sorted({*run.tally.unhappy, *run.tally.retried})


def tails(evidence: Evidence, limits: Measures) -> Mapping[str, str]:
    """Give the last lines of logs by the log's path; of what did not pass before all others.

    What passed has its tail in its log alone, so that is read, as far as there is room.
    """
    told = [one for run in evidence.stages for one in results_at(run, limits.full[run.stage])]
    attempts = [attempt for result in told for attempt in result.attempts]
    unhappy = dict(_recorded(attempts, evidence))
    calm = [log for log in _calm(attempts) if log.path not in unhappy]
    share = min(_TAIL, _TEXT // len(unhappy)) if unhappy else 0
    found = {path: last_characters(text, share) for path, text in unhappy.items()}
    room = _TEXT - sum(map(len, found.values()))
    share = min(_CALM_TAIL, room // len(calm)) if calm else 0
    if share < _WORTH:
        return found
    return found | {log.path: _read(evidence.live, log, share) for log in calm}


def last_characters(text: str, limit: int) -> str:
    """Give the end of a text, safe, and from the start of a line if one begins there."""
    text = clean(text[-2 * limit :]).rstrip()
    if len(text) <= limit:
        return text
    cut = text[-limit:]
    _, line, rest = cut.partition("\n")
    return rest if line else cut


def _recorded(attempts: Iterable[Attempt], evidence: Evidence) -> Iterator[tuple[str, str]]:
    for attempt in attempts:
        if attempt.log and attempt.tail:
            yield attempt.log.path, attempt.tail
    for run in evidence.stages:
        for service in run.services:
            if service.log and service.tail:
                yield service.log.path, service.tail


def _calm(attempts: Iterable[Attempt]) -> Iterator[Artifact]:
    for attempt in attempts:
        if attempt.log and attempt.log.size and attempt.outcome is Outcome.PASSED:
            yield attempt.log


def _read(live: Path, log: Artifact, limit: int) -> str:
    path = live / log.path
    try:
        if not path.resolve().is_relative_to(live.resolve()):
            return ""
        with path.open("rb") as stream:
            stream.seek(max(0, log.size - 4 * limit))
            data = stream.read(4 * limit)
    except (OSError, ValueError):  # it is linked all the same, and its hash is known
        return ""
    return last_characters(data.decode("utf-8", "replace"), limit)
