"""The beginning of a summary: the verdict, and what it is about."""

from __future__ import annotations

from collections.abc import Iterator

from runner.model import Outcome, Run
from runner.reporters.base import Context
from runner.reporters.markdown.folding import Form, Section
from runner.reporters.markdown.text import code, plain
from runner.reporters.markdown.weights import Weight
from runner.reporters.text import count, duration
from runner.reporters.width import shorten

MARKS = {
    Outcome.PASSED: "✅",
    Outcome.FAILED: "❌",
    Outcome.ERRORED: "⚠️",
    Outcome.SKIPPED: "⏭️",
}
"""A sign for each outcome; the word always stands beside it."""
_LONGEST = 200
_WARNINGS = 20


def headline(run: Run, context: Context) -> Iterator[Section]:
    """Say how the run ended, of what, and what people should know besides."""
    yield Section((Form(_title(run, context)),))
    yield Section((Form(_facts(run)),))
    if run.warnings:
        listed = [f"- {plain(_short(one))}" for one in run.warnings[:_WARNINGS]]
        whole = "\n".join(("**Warnings**", "", *listed))
        yield Section((Form(whole, Weight.WARNINGS), Form(count(len(run.warnings), "warning"))))


def _title(run: Run, context: Context) -> str:
    subject = run.subject
    moved = context.before and context.before != subject.version
    versions = f"{context.before} → {subject.version}" if moved else subject.version
    nothing = run.verdict is Outcome.SKIPPED
    mark = MARKS[Outcome.ERRORED if nothing else run.verdict]
    word = "nothing ran" if nothing else run.verdict.value
    return f"## {mark} {plain(_short(f'{subject.package} {versions}: {run.stage} {word}'))}"


def _facts(run: Run) -> str:
    subject = run.subject
    state = ", with changes that are not committed" if subject.dirty else ""
    commit = f"commit {code(subject.commit[:12])}{state}" if subject.commit else "no commit"
    profile = f", profile {code(_short(subject.profile))}" if subject.profile else ""
    facts = [
        f"**{counts(run)}** in {duration(run.duration)}",
        commit,
        f"playbook {code(_short(subject.playbook))}{profile}",
        f"run {code(run.id)}",
    ]
    if run.selected < run.total:
        facts.append(f"**only {run.selected} of {run.total} checks were selected**")
    if run.interrupted:
        facts.append(f"**interrupted by {plain(run.interrupted)}**")
    return " · ".join(facts)


def counts(run: Run) -> str:
    """Count the outcomes: ``3 passed, 1 failed``."""
    tally, flaky = run.tally, len(run.tally.flaky)
    told = ((tally.counted(outcome), outcome.value) for outcome in MARKS)
    parts = [f"{number} {word}" for number, word in told if number]
    if tally.allowed:
        parts.append(f"{tally.allowed} failed as allowed")
    return (", ".join(parts) or "no checks") + (f" ({flaky} flaky)" if flaky else "")


def _short(text: str) -> str:
    return shorten(text, _LONGEST)
