"""The closing part: a pure function of the run, so that it can be printed again from run.json."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from runner.model import Outcome, Run
from runner.reporters.console.page import TONES, Line, Look, Tone, line, line_cells, say
from runner.reporters.console.story import check_story, service_story, wrapped
from runner.reporters.console.table import table
from runner.reporters.reading import UNHAPPY, results_at
from runner.reporters.text import duration

_SPOKEN = (Outcome.FAILED, Outcome.ERRORED, Outcome.PASSED, Outcome.SKIPPED)


class Pointers(msgspec.Struct, frozen=True):
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
    for result in results_at(run, run.tally.unhappy):
        if result.counts or not brief:
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
    text = f"{title}: {_counts(run)} in {duration(run.duration)}{_asides(run)}"
    first = line(say(f"{word} ", tone), say(text, Tone.STRONG))
    place = say(f"evidence: {where}", Tone.FAINT)
    together = (*first, say(f" {look.dot} "), place)
    if line_cells(together) <= look.width:
        yield together
        return
    yield from wrapped(f"{word} ", text, tone, look, indent=0)
    yield (place,)


def _counts(run: Run) -> str:
    told = ((run.tally.counted(outcome), outcome.value) for outcome in _SPOKEN)
    parts = [f"{number} {word}" for number, word in told if number]
    if run.tally.allowed:
        parts.append(f"{run.tally.allowed} failed as allowed")
    return ", ".join(parts) or "no checks"


def _asides(run: Run) -> str:
    told = ((len(run.tally.flaky), "flaky"), (run.tally.resumed, "resumed"))
    asides = [f"{number} {word}" for number, word in told if number]
    if run.shard is not None:
        asides.append(f"shard {run.shard}: {run.selected} of {run.total} checks")
    elif run.selected < run.total:
        asides.append(f"{run.selected} of {run.total} checks selected")
    text = f" ({', '.join(asides)})" if asides else ""
    return text + (f", interrupted by {run.interrupted}" if run.interrupted else "")
