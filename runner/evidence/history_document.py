"""``runner history --json``: past runs, and two of them compared."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any, Final, Literal

import msgspec

from runner.advisories.document_shapes import Shape, as_json, schema_of
from runner.errors import UsageError
from runner.evidence.history import History, Past
from runner.model import Outcome, Result, Run, StepResult

FORMAT: Final = "upgrade-runner/history/1"
"""Stands in each list; its number changes when a reader would have to."""
COMPARISON: Final = "upgrade-runner/run-comparison/1"
"""Stands in each comparison."""
_SCAN = "advisories"


class RunShape(Shape, frozen=True):
    """A run, in a few words."""

    id: str
    """Unique."""
    stage: str
    """Name of the stage."""
    package: str
    """The tracked dependency."""
    version: str
    """Its version."""
    commit: str
    """Git commit, or empty."""
    dirty: bool
    """Whether the work tree differed from it."""
    profile: str
    """The profile laid over the playbook, or empty."""
    started: str
    """Time of day, ISO 8601 with offset."""
    seconds: float
    """How long it took."""
    verdict: Outcome
    """How it ended."""
    interrupted: str
    """What ended it early, or empty."""
    outcomes: dict[Outcome, int]
    """How many checks ended so; only outcomes that are there."""
    findings: Annotated[int, msgspec.Meta(ge=0)]
    """Vulnerabilities that its gates told of."""
    places: tuple[str, ...]
    """Where its record is, relative to the folder of the evidence."""


class HistoryDocument(Shape, frozen=True):
    """Past runs."""

    format: Literal["upgrade-runner/history/1"]
    """Names this format."""
    runs: tuple[RunShape, ...]
    """The newest first."""
    problems: tuple[str, ...]
    """Records that were not counted, and why."""


class CheckShape(Shape, frozen=True):
    """A check in two runs."""

    check: str
    """Its id."""
    area: str
    """Its title, that of the second run where it is there."""
    before: Outcome | None
    """Its outcome in the first run; null where it was not part of it."""
    after: Outcome | None
    """Its outcome in the second run; null where it was not part of it."""
    seconds_before: float | None
    """How long it took."""
    seconds_after: float | None
    """How long it took."""


class FindingShape(Shape, frozen=True):
    """A vulnerability that a gate told of."""

    package: str
    """Normalised name (PEP 503)."""
    id: str
    """A CVE id if there is one."""
    before: Literal["forbidden", "waived", "allowed"] | None
    """What the first run's gate said; null where it was not found."""
    after: Literal["forbidden", "waived", "allowed"] | None
    """What the second run's gate said; null where it was not found."""


class ComparisonDocument(Shape, frozen=True):
    """Two runs of a stage."""

    format: Literal["upgrade-runner/run-comparison/1"]
    """Names this format."""
    before: RunShape
    """The first."""
    after: RunShape
    """The second."""
    checks: tuple[CheckShape, ...]
    """Those of the second run in its order, then those that only the first has."""
    findings: tuple[FindingShape, ...]
    """Of either run, ordered by package and id."""


_RULINGS: Final[dict[Outcome, Literal["forbidden", "waived", "allowed"]]] = {
    Outcome.FAILED: "forbidden",
    Outcome.SKIPPED: "waived",
    Outcome.PASSED: "allowed",
}
"""The gate gives a case for each vulnerability."""


def listed(found: History) -> HistoryDocument:
    """Give past runs in a few words each."""
    return HistoryDocument(FORMAT, tuple(map(shape_of, found.runs)), found.problems)


def compared(before: Past, after: Past) -> ComparisonDocument:
    """Compare two runs; raises UsageError where they are of different stages."""
    one, two = before.run, after.run
    if one.stage != two.stage:
        raise UsageError(
            f"{one.id} is a run of {one.stage}, and {two.id} of {two.stage}",
            hint="compare two runs of one stage",
        )
    return ComparisonDocument(
        COMPARISON, shape_of(before), shape_of(after), _checks(one, two), _findings(one, two)
    )


def encode(document: HistoryDocument | ComparisonDocument) -> bytes:
    """Write it as indented JSON."""
    return as_json(document)


def schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the list, made from the types themselves."""
    return schema_of(HistoryDocument, "urn:upgrade-runner:history:1", "Past runs of an upgrade")


def comparison_schema() -> dict[str, Any]:
    """Give the JSON Schema (draft 2020-12) of the comparison, made from the types themselves."""
    urn = "urn:upgrade-runner:run-comparison:1"
    return schema_of(ComparisonDocument, urn, "Two runs of a stage, compared")


def shape_of(past: Past) -> RunShape:
    """Give a run in a few words."""
    run, subject = past.run, past.run.subject
    return RunShape(
        id=run.id,
        stage=run.stage,
        package=subject.package,
        version=subject.version,
        commit=subject.commit,
        dirty=subject.dirty,
        profile=subject.profile,
        started=run.started,
        seconds=round(run.duration, 3),
        verdict=run.verdict,
        interrupted=run.interrupted,
        outcomes=dict(Counter(one.outcome for one in run.results)),
        findings=len(_told(run)),
        places=past.places,
    )


def _checks(before: Run, after: Run) -> tuple[CheckShape, ...]:
    first = {one.check: one for one in before.results}
    second = {one.check: one for one in after.results}
    return tuple(_check(first.get(id_), second.get(id_)) for id_ in {**second, **first})


def _check(before: Result | None, after: Result | None) -> CheckShape:
    named = next(one for one in (after, before) if one)
    return CheckShape(
        named.check,
        named.area,
        before.outcome if before else None,
        after.outcome if after else None,
        round(before.duration, 3) if before else None,
        round(after.duration, 3) if after else None,
    )


def _findings(before: Run, after: Run) -> tuple[FindingShape, ...]:
    one, two = _told(before), _told(after)
    return tuple(FindingShape(*key, one.get(key), two.get(key)) for key in sorted({*one, *two}))


def _told(run: Run) -> dict[tuple[str, str], Literal["forbidden", "waived", "allowed"]]:
    """Give what the gates of a run said of each vulnerability."""
    return {
        (case.classname, case.name): _RULINGS[case.outcome]
        for result in run.results
        for step in _steps(result)
        for case in step.report.cases
        if step.kind == _SCAN and case.outcome in _RULINGS
    }


def _steps(result: Result) -> tuple[StepResult, ...]:
    return result.attempts[-1].steps if result.attempts else ()
