"""One scan: look, ask every source, keep it, compare it, judge it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TypeVar

from msgspec import structs

from runner.advisories.comparison import Comparison, compare
from runner.advisories.diff_document import encode_diff
from runner.advisories.inventory import Inventory
from runner.advisories.judgement import Judgement, judge
from runner.advisories.locks.diff import diff
from runner.advisories.locks.diff import encode as encode_lock_diff
from runner.advisories.locks.outdated import outdated
from runner.advisories.locks.text import render
from runner.advisories.policy import Policy
from runner.advisories.safety_document import decode, encode
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources import make_source
from runner.advisories.sources.base import Report, Source, SourceError
from runner.advisories.subjects import make_subject
from runner.advisories.subjects.base import Subject
from runner.advisories.versions import package_name, parse_version
from runner.errors import RunnerError
from runner.kinds.advisories.parameters import AFTER, BEFORE, AdvisoriesParameters
from runner.kinds.advisories.told import (
    baseline_report,
    count_line,
    gate_report,
    tell_baseline,
    tell_gate,
)
from runner.kinds.advisories.waivers_file import read_waivers
from runner.kinds.base import Context
from runner.kinds.door import ContextDoor
from runner.model import Outcome, StepReport

T = TypeVar("T")

DIFF = "safety-diff.json"
"""Path of the comparison in the dossier."""


def document(scan: str) -> str:
    """Give the path in the dossier of the scan ``before`` or ``after``."""
    return f"safety-{scan}.json"


def set_up(parameters: AdvisoriesParameters) -> tuple[Subject, tuple[Source, ...]]:
    """Make the subject and the sources; raises ValueError for options that do not fit."""
    names = [one.name for one in parameters.sources]
    if double := next((name for name in names if names.count(name) > 1), ""):
        raise ValueError(f"the source '{double}' stands twice in 'sources'")
    subject = make_subject(parameters.subject.name, parameters.subject.options)
    return subject, tuple(make_source(one.name, one.options) for one in parameters.sources)


@dataclass
class Scan:
    """A scan under way."""

    parameters: AdvisoriesParameters
    """What is asked for."""
    context: Context
    """Of the step."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    """The moment of the judgement."""

    def __post_init__(self) -> None:
        """Set up what is scanned and who is asked."""
        self._door = ContextDoor(self.context)
        self._subject, self._sources = set_up(self.parameters)

    def run(self) -> StepReport:
        """Scan; what cannot be decided is errored, with everything that was run as evidence."""
        try:
            report = self._run()
        except RunnerError as error:
            report = StepReport(Outcome.ERRORED, error.message, error.hint)
        return structs.replace(
            report,
            executions=tuple(self._door.executions),
            artifacts=tuple(self._door.artifacts),
        )

    def _run(self) -> StepReport:
        return self._before() if self.parameters.scan == BEFORE else self._after()

    def _before(self) -> StepReport:
        """Keep the baseline; one that could not be decided is evidence, but no baseline."""
        snapshot = self._snapshot(self._subject.inventory(self._door))
        judgement = self._judge(snapshot, None)
        if judgement.errors:
            self._door.keep(document(BEFORE), encode(snapshot))
        else:
            self._record(BEFORE, snapshot)
        tell_baseline(self.context.log, judgement)
        return baseline_report(judgement)

    def _after(self) -> StepReport:
        """Compare with the baseline, and gate."""
        baseline = self._recorded()
        snapshot = self._snapshot(self._subject.inventory(self._door))
        if baseline is None and self.context.base:
            baseline = self._of_the_base()
        self._record(AFTER, snapshot)
        comparison = None if baseline is None else compare(baseline, snapshot)
        judgement = self._judge(snapshot, comparison)
        if comparison is not None:
            self._record_difference(comparison, judgement)
        tell_gate(self.context.log, judgement, comparison)
        return gate_report(judgement, comparison)

    def _recorded(self) -> Snapshot | None:
        """Give the baseline that this dossier has, if it has one."""
        name = document(BEFORE)
        data = self.context.recall(name)
        if data is None:
            return None
        self.context.log(f"comparing with {name}, recorded earlier")
        return decode(data, name)

    def _of_the_base(self) -> Snapshot:
        """Scan what the base branch has, as nobody has recorded a baseline."""
        self.context.log(f"no baseline was recorded: scanning that of {self.context.base}")
        snapshot = self._snapshot(self._subject.inventory(self._door, self.context.base))
        self._record(BEFORE, snapshot)
        return snapshot

    def _snapshot(self, inventory: Inventory) -> Snapshot:
        package = package_name(self.context.release.package)
        stated = str(parse_version(self.context.release.version))
        return Snapshot(
            package=package,
            version=inventory.versions.get(package, stated) if inventory.origin else stated,
            taken=self.now.isoformat(timespec="seconds"),
            commit=self.context.commit,
            inventory=inventory,
            reports=self._ask(inventory),
        )

    def _ask(self, inventory: Inventory) -> tuple[Report, ...]:
        """Ask every source, also after one that could not answer; then tell of all of those."""
        reports: list[Report] = []
        troubles: list[RunnerError] = []
        packages = f"{len(inventory.components)} packages"
        for source in self._sources:
            self.context.log(f"{source.name}: {source.describe()} ({packages})")
            try:
                reports.append(source.scan(inventory, self._door))
                self.context.log(count_line(reports[-1], inventory))
            except RunnerError as error:
                self.context.log(f"{source.name}: {error.message}")
                troubles.append(error)
        if troubles:
            raise SourceError("; ".join(one.message for one in troubles), hint=troubles[0].hint)
        return tuple(reports)

    def _judge(self, snapshot: Snapshot, comparison: Comparison | None) -> Judgement:
        name = self.parameters.waivers
        waivers = read_waivers(self.context.repository / name, name) if name else ()
        return judge(self._policy(snapshot), snapshot, comparison, waivers, self.now)

    def _policy(self, snapshot: Snapshot) -> Policy:
        """Give the policy, which always demands the release itself to have been looked at."""
        policy = self.parameters.policy
        required = {snapshot.package: snapshot.version, **policy.required}
        if self.parameters.scan == AFTER:
            return replace(policy, required=required)
        # A baseline forbids nothing; only what could not be decided counts.
        packages = policy.packages or (snapshot.package,)
        return replace(policy, packages=packages, new=False, required=required)

    def _record(self, scan: str, snapshot: Snapshot) -> None:
        self._keep(document(scan), encode(snapshot))
        self._keep(f"locks/{scan}.txt", render(snapshot.inventory))
        if self.parameters.outdated and scan == self.parameters.scan:
            python = self.parameters.subject.options.get("python", "python")
            self._keep("locks/outdated.json", outdated(snapshot.inventory, self._door, python))

    def _record_difference(self, comparison: Comparison, judgement: Judgement) -> None:
        self._keep(DIFF, encode_diff(comparison, judgement))
        between = diff(comparison.before.inventory, comparison.after.inventory)
        self._keep("locks/diff.json", encode_lock_diff(between))

    def _keep(self, name: str, content: bytes) -> None:
        self._door.artifacts.append(self.context.record(name, content))
