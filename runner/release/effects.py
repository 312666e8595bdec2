"""Effects: what a step to a candidate does to the advisories of the package.

The playbook's own sources are asked, for the package alone: what else ships changes with its lock,
and is gated by the matrix. A source that knows all advisories of a package is asked once for all
versions; a scanner that tells only what affects one version is asked for each that is tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from packaging.version import Version

from runner.advisories.comparison import Comparison, compare
from runner.advisories.gone import Reason
from runner.advisories.inventory import Component, Inventory
from runner.advisories.judgement import Judgement, judge
from runner.advisories.policy import Policy
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Door, Report, Source
from runner.advisories.vulnerabilities import Vulnerability, combine
from runner.advisories.waivers import Waiver
from runner.errors import RunnerError
from runner.kinds.advisories.kind import AdvisoriesAction
from runner.kinds.advisories.parameters import AFTER, AdvisoriesParameters
from runner.kinds.advisories.scan import set_up
from runner.kinds.advisories.waivers_file import read_waivers
from runner.model import Playbook


@dataclass(frozen=True)
class Gate:
    """What the playbook says of advisories."""

    sources: tuple[Source, ...] = ()
    """Who is asked."""
    policy: Policy | None = None
    """What is forbidden; None where the playbook has no check of the kind."""
    waivers: tuple[Waiver, ...] = ()
    """What is accepted."""
    python: str = "python"
    """The interpreter that the release runs under."""


@dataclass(frozen=True)
class Effect:
    """What a version does to the advisories, by the sources that were asked for it."""

    comparison: Comparison
    """With the release's version."""
    judgement: Judgement | None
    """By the playbook's policy; None where it states none."""
    asked: tuple[str, ...]
    """Names of the sources."""

    @property
    def leaves(self) -> tuple[Vulnerability, ...]:
        """What affects the release's version and this one, the worst first."""
        found = {one.after.id: one.after for one in self.comparison.remaining}
        return tuple(found.values())

    @property
    def brings(self) -> tuple[Vulnerability, ...]:
        """What affects this version and not the release's."""
        return tuple(one.vulnerability for one in self.comparison.new)

    @property
    def fixes(self) -> tuple[Vulnerability, ...]:
        """What ends in a fix that is named and reached."""
        gone = self.comparison.gone
        return tuple(one.vulnerability for one in gone if one.reason is Reason.FIXED)

    @property
    def clears(self) -> Mapping[str, tuple[Vulnerability, str]]:
        """What does not affect this version, although no fix is named: by id, with the reason."""
        gone = self.comparison.gone
        return {
            one.vulnerability.id: (one.vulnerability, one.detail)
            for one in gone
            if one.reason is not Reason.FIXED
        }

    @property
    def forbidden(self) -> int:
        """How many findings the policy forbids and no waiver accepts."""
        return len(self.judgement.forbidden) if self.judgement else 0


def gate_of(playbook: Playbook, repository: Path) -> Gate:
    """Take the gate after an upgrade, or else the first scan; raises PlaybookInvalid."""
    found = [
        step.action.parameters
        for stage in playbook.stages.values()
        for check in stage
        for step in check.steps
        if isinstance(step.action, AdvisoriesAction)
    ]
    chosen = next((one for one in found if one.scan == AFTER), found[0] if found else None)
    return _gate(chosen, repository) if chosen else Gate()


def _gate(parameters: AdvisoriesParameters, repository: Path) -> Gate:
    _, sources = set_up(parameters)
    name = parameters.waivers
    waivers = read_waivers(repository / name, name) if name else ()
    python = parameters.subject.options.get("python", "python")
    return Gate(sources, parameters.policy, waivers, python)


class Effects:
    """Asks the sources, each no more often than it must be."""

    def __init__(
        self, gate: Gate, package: str, current: Version, door: Door, now: datetime
    ) -> None:
        """Look at the release's version, with every source."""
        self._gate = gate
        self._package = package
        self._door = door
        self._now = now
        self.troubles: dict[str, RunnerError] = {}
        """The sources that could not answer, for the release or a candidate."""
        self._base = {one.source: one for one in self._ask(gate.sources, current)}
        self._current = current

    @property
    def reports(self) -> tuple[Report, ...]:
        """What the sources say of the release's version, those left out that failed since."""
        return tuple(one for one in self._base.values() if one.source not in self.troubles)

    def known(self) -> tuple[Vulnerability, ...]:
        """Give what affects the release's version, the worst first."""
        return combine(self._snapshot(self._current, self.reports))

    def cheap(self, version: Version) -> Effect:
        """Say what the sources tell that know every version."""
        complete = [one for one in self.reports if one.complete]
        return self._effect(version, complete, complete)

    def whole(self, version: Version) -> Effect:
        """Ask every source that has answered so far."""
        reports = {one.source: one for one in self.reports if one.complete}
        others = [one for one in self._gate.sources if one.name not in reports]
        standing = [one for one in others if one.name not in self.troubles]
        reports |= {one.source: one for one in self._ask(standing, version)}
        before = [one for one in self.reports if one.source in reports]
        after = [reports[one.source] for one in before]
        return self._effect(version, before, after)

    def current(self) -> Effect:
        """Judge the release's version itself."""
        return self._effect(self._current, self.reports, self.reports)

    def _ask(self, sources: Iterable[Source], version: Version) -> list[Report]:
        reports: list[Report] = []
        inventory = self._inventory(version)
        for source in sources:
            try:
                reports.append(source.scan(inventory, self._door))
            except RunnerError as error:
                self.troubles[source.name] = error
        return reports

    def _effect(
        self, version: Version, before: Sequence[Report], after: Sequence[Report]
    ) -> Effect:
        old, new = self._snapshot(self._current, before), self._snapshot(version, after)
        comparison = compare(old, new)
        policy = self._gate.policy
        judgement = None
        if policy is not None:
            # What else must be there is for the matrix to say, which looks at all that ships.
            asked = replace(policy, required={self._package: str(version)})
            judgement = judge(asked, new, comparison, self._gate.waivers, self._now)
        return Effect(comparison, judgement, tuple(one.source for one in after))

    def _inventory(self, version: Version) -> Inventory:
        subject = f"{self._package} {version}"
        return Inventory(subject, "resolved", (Component(self._package, str(version)),))

    def _snapshot(self, version: Version, reports: Sequence[Report]) -> Snapshot:
        taken = self._now.isoformat(timespec="seconds")
        inventory = self._inventory(version)
        return Snapshot(self._package, str(version), taken, "", inventory, tuple(reports))
