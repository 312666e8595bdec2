"""The checklist: each stage's checks, and what the dossier tells of each of them today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.model import Check, Outcome, Playbook, Result, Subject
from runner.model.standing import ChecklistItem, StageRecord, StageStanding, State

PREFLIGHT, VERIFICATION, ROLLOUT, ROLLBACK = "preflight", "verification", "rollout", "rollback"
"""The stages that each playbook may have, in the order of an upgrade."""
_INQUIRY = "triage"
"""A stage that triage runs for what it tells; nothing of it is recorded."""
_ORDER = (PREFLIGHT, VERIFICATION, ROLLOUT, ROLLBACK)
_WORST: tuple[State, ...] = ("errored", "failed", "stale", "not yet", "skipped", "passed")
_SHORT = 9
"""Digits of a commit that people read."""


@dataclass(frozen=True)
class Today:
    """What a record is held against."""

    playbook: Playbook
    """As it is now."""
    commit: str
    """Of the work tree; empty outside a repository."""
    from_version: str
    """The version with which the dossier was begun; empty where there is none for the package."""


def checklist(today: Today, records: Mapping[str, StageRecord]) -> tuple[StageStanding, ...]:
    """Give every stage of the playbook, in the order of an upgrade."""
    stages = today.playbook.stages
    names = [
        *(name for name in _ORDER if name in stages),
        *(n for n in stages if n not in (*_ORDER, _INQUIRY)),
    ]
    return tuple(_stage(today, name, records.get(name, StageRecord())) for name in names)


def _stage(today: Today, name: str, record: StageRecord) -> StageStanding:
    subject = record.subject
    why = _outdated(today, name, subject) if subject else ""
    items = tuple(_item(today, name, one, record, why) for one in today.playbook.stages[name])
    states = {one.state for one in items}
    state = next(one for one in _WORST if one in states)
    # A stage of which one check was never run is not done, whatever became of the others; and a
    # skipped check was not run either.
    if state == "skipped":
        state = "not yet"
    return StageStanding(name, state, items, "; ".join(_remarks(record, why)))


def _remarks(record: StageRecord, why: str) -> Iterator[str]:
    if not record.run:
        yield "never run"
    elif not record.ended:
        yield f"run {record.run} has not ended, or was killed"
    if why:
        yield why
    if record.subject and record.subject.dirty:
        yield "run with changes that were not committed"


def _outdated(today: Today, stage: str, subject: Subject) -> str:
    """Say why nothing of a run counts any more; empty where it does."""
    release = today.playbook.release
    if subject.package != release.package:
        return f"run for {subject.package}"
    if stage == PREFLIGHT:
        # What it saves is the state before the bump: that of the version the dossier began with.
        versions = {today.from_version, release.version}
        return "" if subject.version in versions else f"run for {subject.version}"
    if subject.version != release.version:
        return f"run for {subject.version}"
    if subject.commit != today.commit:
        return f"run at commit {subject.commit[:_SHORT] or 'unknown'}, now {today.commit[:_SHORT]}"
    return ""


def _item(
    today: Today, stage: str, check: Check, record: StageRecord, outdated: str
) -> ChecklistItem:
    result = record.results.get(check.id)
    if result is None:
        return ChecklistItem(check.id, check.area, "not yet")
    state, detail = _state(today, stage, check, result, outdated, record.subject)
    return ChecklistItem(check.id, check.area, state, detail, result.started)


def _state(
    today: Today, stage: str, check: Check, result: Result, outdated: str, subject: Subject | None
) -> tuple[State, str]:
    if outdated:
        return "stale", outdated
    # The fingerprint holds the release: a preflight of the version before cannot have today's.
    before = stage == PREFLIGHT and subject and subject.version != today.playbook.release.version
    if not before and result.fingerprint != check.fingerprint:
        return "stale", "the check has changed since, or ran under another profile or with --set"
    if result.outcome is Outcome.FAILED and result.allow_failure:
        return "passed", f"failed as allowed: {result.reason}"
    return _STATES[result.outcome], result.reason


_STATES: Mapping[Outcome, State] = {
    Outcome.PASSED: "passed",
    Outcome.FAILED: "failed",
    Outcome.ERRORED: "errored",
    Outcome.SKIPPED: "skipped",
}
