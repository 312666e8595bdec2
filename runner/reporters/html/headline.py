"""The verdict on a dossier as a whole, in a word and a sentence, and what limits it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from runner.model import Outcome, Run
from runner.reporters.html.evidence import Evidence
from runner.reporters.text import count

if TYPE_CHECKING:
    from runner.reporters.html.scanned import Scans

_WORST_FIRST = (Outcome.ERRORED, Outcome.FAILED, Outcome.SKIPPED, Outcome.PASSED)
_PREPARES = frozenset({"preflight", "triage"})
"""Stages that say nothing of the new version: a dossier of these alone proves no upgrade."""
_SHORT = 12
"""Digits of a commit that people compare."""


class Headline(msgspec.Struct, frozen=True):
    """What is read first."""

    outcome: Outcome
    """The worst verdict of a stage."""
    word: str
    """The outcome for people; ``passed in part`` where not all was looked at."""
    sentence: str
    """What that rests on."""
    cautions: tuple[str, ...]
    """What keeps the verdict from saying all that it seems to, a sentence each."""


def headline(evidence: Evidence, scans: Scans | None) -> Headline:
    """Judge a dossier by the last run of each stage."""
    verdicts = {run.verdict for run in evidence.stages}
    outcome = next(one for one in _WORST_FIRST if one in verdicts)
    partly = outcome is Outcome.PASSED and any(_gaps(evidence))
    return Headline(
        outcome=outcome,
        word="passed in part" if partly else _WORDS.get(outcome, outcome.value),
        sentence=_sentence(evidence),
        cautions=(*_gaps(evidence), *_cautions(evidence), *_of_scans(scans)),
    )


_WORDS = {Outcome.SKIPPED: "nothing ran"}


def _sentence(evidence: Evidence) -> str:
    """Count the checks: ``5 of 6 checks passed in 2 stages, 1 failed``."""
    tally: Counter[Outcome] = Counter()
    for run in evidence.stages:
        tally.update(run.tally.outcomes)
    passed = f"{tally[Outcome.PASSED]} of {count(tally.total(), 'check')} passed"
    stages = [run.stage for run in evidence.stages]
    where = stages[0] if len(stages) == 1 else f"{', '.join(stages[:-1])} and {stages[-1]}"
    rest = "".join(f", {tally[one]} {one}" for one in _WORST_FIRST[:-1] if tally[one])
    return f"{passed} in {where}{rest}."


def _gaps(evidence: Evidence) -> Iterator[str]:
    """Say what was not looked at."""
    if all(run.stage in _PREPARES for run in evidence.stages):
        stages = " and ".join(run.stage for run in evidence.stages)
        yield f"Only {stages} was run: nothing is said of {evidence.upgrade.after} yet."
    for run in evidence.stages:
        if run.selected < run.total:
            yield f"{run.stage}: only {run.selected} of {count(run.total, 'check')} were selected."


def _cautions(evidence: Evidence) -> Iterator[str]:
    stages: dict[str, list[str]] = {}
    for run in evidence.stages:
        for caution in _of_run(run):
            stages.setdefault(caution, []).append(run.stage)
    for caution, named in stages.items():
        yield f"{', '.join(named)}: {caution}"
    commits = {run.subject.commit for run in evidence.stages if run.stage not in _PREPARES}
    if len(commits) > 1:
        shown = ", ".join(sorted(one[:_SHORT] or "no commit" for one in commits))
        yield f"The stages are about different commits: {shown}."


def _of_scans(scans: Scans | None) -> Iterator[str]:
    if scans is None or scans.diff is None or scans.before is None:
        return
    if scans.before.taken != scans.diff.before.taken:
        yield "The baseline was taken anew after the comparison that is shown here."


def _of_run(run: Run) -> Iterator[str]:
    """Say what is to be known of a run; many stages may have the same to say."""
    subject = run.subject
    if run.interrupted:
        how = "was killed" if run.interrupted == "killed" else f"was ended by {run.interrupted}"
        yield f"the run {how} before its end."
    if not subject.commit:
        yield "it is not known which commit was looked at."
    elif subject.dirty:
        yield f"the work tree had changes that are not in {subject.commit[:_SHORT]}."
    yield from run.warnings
    flaky = len(run.tally.flaky)
    if flaky:
        yield f"{count(flaky, 'check')} passed only when tried again."
    if run.tally.allowed:
        yield f"{count(run.tally.allowed, 'check')} failed, and may."
