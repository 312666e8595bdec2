"""The closing part: a pure function of the run, so that it can be printed again from run.json."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from runner.model import Outcome, Result, Run
from runner.reporters.console.page import TONES, Line, Look, Tone, line, line_cells, say
from runner.reporters.console.story import check_story, service_story, wrapped
from runner.reporters.console.table import table
from runner.reporters.reading import UNHAPPY
from runner.reporters.text import duration

_SPOKEN = (Outcome.FAILED, Outcome.ERRORED, Outcome.PASSED, Outcome.SKIPPED)


@dataclass(frozen=True)
class Pointers:
    """Where to look, and what to type next."""

    rerun: Callable[[str], str]
    """Gives the command that repeats only the check of an id."""
    dossier: str
    """Path of the dossier, as the user would type it; the paths of logs are relative to it."""
    where: str
    """Where the evidence is, for the verdict line."""


def closing(run: Run, pointers: Pointers, look: Look, *, brief: bool = False) -> Iterator[Line]:
    """Give the closing part; ``brief`` is failures and the verdict only."""
    if not brief:
        yield ()
        yield from table(run.results, look)
    for report in run.services:
        if report.outcome in UNHAPPY:
            yield ()
            yield from service_story(report, pointers.dossier, look)
    for result in run.results:
        if result.outcome in UNHAPPY and (result.counts or not brief):
            yield ()
            yield from check_story(result, pointers.dossier, pointers.rerun, look)
    if not brief:
        if run.warnings:
            yield ()
        for warning in run.warnings:
            yield from wrapped("warning: ", warning, Tone.ODD, look, indent=0)
        yield ()
    yield from verdict(run, pointers.where, look)


def verdict(run: Run, where: str, look: Look) -> Iterator[Line]:
    """Give the verdict line, and where the evidence is: on the same line if there is room."""
    tone = TONES[run.verdict] if run.verdict is not Outcome.SKIPPED else Tone.BAD
    word = "NOTHING RAN" if run.verdict is Outcome.SKIPPED else run.verdict.value.upper()
    title = f"{run.subject.package} {run.subject.version} {run.stage}"
    text = f"{title}: {_counts(run.results)} in {duration(run.duration)}{_asides(run)}"
    first = line(say(f"{word} ", tone), say(text, Tone.STRONG))
    place = say(f"evidence: {where}", Tone.FAINT)
    together = (*first, say(f" {look.dot} "), place)
    if line_cells(together) <= look.width:
        yield together
        return
    yield from wrapped(f"{word} ", text, tone, look, indent=0)
    yield (place,)


def _counts(results: Sequence[Result]) -> str:
    counted = Counter(result.outcome for result in results if result.counts)
    parts = [f"{counted[outcome]} {outcome.value}" for outcome in _SPOKEN if counted[outcome]]
    allowed = sum(not result.counts for result in results)
    if allowed:
        parts.append(f"{allowed} failed as allowed")
    return ", ".join(parts) or "no checks"


def _asides(run: Run) -> str:
    asides = []
    for word in ("flaky", "resumed"):
        number = sum(getattr(result, word) for result in run.results)
        if number:
            asides.append(f"{number} {word}")
    if run.shard is not None:
        asides.append(f"shard {run.shard}: {run.selected} of {run.total} checks")
    elif run.selected < run.total:
        asides.append(f"{run.selected} of {run.total} checks selected")
    text = f" ({', '.join(asides)})" if asides else ""
    return text + (f", interrupted by {run.interrupted}" if run.interrupted else "")
