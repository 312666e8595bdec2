"""``rehearsal``: the very step that is to be taken was rehearsed, green, and not long ago."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from runner.advisories.moments import moment
from runner.errors import DossierError
from runner.kinds.base import Context, Kind
from runner.kinds.verdicts import judge, with_verdict
from runner.model import Assertion, Outcome, StepReport
from runner.model.rehearsed import SEED, Rehearsed
from runner.playbook.durations import AGE
from runner.playbook.shapes import Field, Record, Text

_WEEK = 7 * 86400.0
_HOUR = 3600.0
_DAY = 86400.0


@dataclass(frozen=True)
class RehearsalParameters:
    """What stands under ``with``."""

    before: str = ""
    """The version that is upgraded from; that with which the dossier was begun where empty."""


@dataclass(frozen=True)
class RehearsalExpectation:
    """What stands under ``expect``."""

    max_age: float = _WEEK
    """Seconds since the rehearsal has ended."""


@dataclass(frozen=True)
class RehearsalAction:
    """Hold the last rehearsal of this step against what is there now."""

    parameters: RehearsalParameters
    """Which step."""
    expect: RehearsalExpectation
    """How old it may be."""
    now: datetime | None = field(default=None, compare=False)
    """The moment to take as now; None for the present one."""

    def describe(self) -> tuple[str, ...]:
        """Say what would be looked for."""
        before = self.parameters.before or "the version that the dossier was begun with"
        return (
            f"look for a green rehearsal from {before}, at most {_age(self.expect.max_age)} old",
        )

    def run(self, context: Context) -> StepReport:
        """Look at it; a step that nobody has rehearsed is one that must not be taken."""
        version = context.release.version
        try:
            record = context.rehearsed(self.parameters.before)
        except DossierError as error:  # of another dossier: this one's evidence is whole
            return StepReport(Outcome.ERRORED, error.message, error.hint)
        if record is None:
            before = self.parameters.before or "…"
            return StepReport(
                Outcome.FAILED,
                f"the step to {version} was not rehearsed",
                f"runner rehearse --from {before} --to {version}",
            )
        context.log(f"{record.id}: {record.before} to {record.after}, {record.verdict}\n")
        assertions = tuple(self._assertions(record, context))
        again = f"runner rehearse --from {record.before} --to {record.after}"
        report = StepReport(Outcome.PASSED, assertions=assertions)
        return with_verdict(report, judge(assertions, again))

    def _assertions(self, record: Rehearsed, context: Context) -> Iterator[Assertion]:
        why = f": {record.reason}" if record.reason else ""
        green = record.verdict is Outcome.PASSED
        yield Assertion("verdict", "passed", f"{record.verdict}{why}", green)
        package = context.release.package
        yield Assertion("package", package, record.package, record.package == package)
        wanted = context.rehearsed_as
        same = record.profile == wanted
        yield Assertion("profile", wanted or "none", record.profile or "none", same)
        yield from _data(record)
        ended = moment(record.ended)
        age = None if ended is None else ((self.now or datetime.now(UTC)) - ended).total_seconds()
        told = "unknown" if age is None else _age(age)
        young = age is not None and 0 <= age <= self.expect.max_age
        yield Assertion("age", f"at most {_age(self.expect.max_age)}", told, young)
        yield Assertion("restored", "everything", _restored(record), record.restored is not False)
        for name, sha256 in record.locks_after.items():
            has = _sha256(context.repository / name)
            yield Assertion(name, sha256[:12], has[:12] or "missing", has == sha256)
        if not record.locks_after:
            yield Assertion("locks", "at least one", "none", holds=False)


def _data(record: Rehearsed) -> Iterator[Assertion]:
    """Demand a copy of what is there: what a rehearsal has seeded is nobody's."""
    known = {one.what: one.before for one in record.kept}
    if "database" in known:
        seeded = any(one.name == SEED for one in record.parts)
        copied = bool(known["database"]) and not seeded
        told = "a copy" if copied else "there was nothing to copy"
        yield Assertion("database", "a copy", told, copied)


def _restored(record: Rehearsed) -> str:
    known = {True: "everything", False: "not everything", None: "nothing to be restored"}
    return known[record.restored]


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _age(seconds: float) -> str:
    hours = seconds / _HOUR
    return f"{hours:.1f} hours" if abs(seconds) < 2 * _DAY else f"{seconds / _DAY:.1f} days"


REHEARSAL = Kind(
    name="rehearsal",
    summary="Demand a rehearsal of this very step, green and young: package, profile, data, lock.",
    parameters=Record(
        RehearsalParameters,
        (
            Field(
                "from",
                Text(),
                "the version that is upgraded from (default: that of the dossier)",
                attribute="before",
            ),
        ),
    ),
    expectation=Record(
        RehearsalExpectation,
        (Field("max_age", AGE, "how old it may be, in days or hours (default: 7d)"),),
    ),
    build=RehearsalAction,
    default_expectation=RehearsalExpectation,
)
