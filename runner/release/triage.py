"""Triage: ask every upstream, assess every candidate, and recommend a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, TypeAlias

from packaging.version import Version

from runner.advisories.asked import why_not_audited
from runner.advisories.sources.base import Door
from runner.advisories.subjects.interpreter import Interpreter, interpreter
from runner.advisories.versions import package_name, parse_version
from runner.advisories.vulnerabilities import Vulnerability
from runner.errors import RunnerError, UsageError
from runner.model import Playbook
from runner.release.candidates import Candidate, Rules, candidates, only_announced
from runner.release.effects import Effect, Effects, Gate, gate_of
from runner.release.recommendation import Chooser, Recommendation
from runner.release.upstream import INDEX, NAMES, source
from runner.release.upstream.base import Alert, Announcement, Question, Told
from runner.release.upstream.resolution import Resolution, Resolver

State: TypeAlias = Literal["reached", "failed", "not asked"]
"""Whether something was learnt from a source."""

_NOTHING_KNOWN = Recommendation(None, "the package index was not reached", satisfied=False)


@dataclass(frozen=True)
class Standing:
    """A source, and whether it was reached."""

    name: str
    """``index``, ``releases``, ``dependabot``, ``advisories: osv``, …"""
    state: State
    """Whether something was learnt from it."""
    detail: str
    """Who was asked, or why that failed or was not done."""
    hint: str = ""
    """The mend of a failure."""


@dataclass(frozen=True)
class Triage:
    """What upstream offers, and what to do with it."""

    package: str
    """Normalised name (PEP 503)."""
    current: str
    """The release's version, normalised (PEP 440)."""
    taken: str
    """When, ISO 8601 with offset."""
    python: str
    """Version of the interpreter that the release runs under; empty if unknown."""
    resolves: str
    """What is resolved, and by whom."""
    sources: tuple[Standing, ...]
    """Every upstream and source of advisories."""
    effect: Effect
    """The release's version, held against itself: what is there now."""
    recommendation: Recommendation
    """Which step, with every candidate."""
    tracked: tuple[str, ...]
    """Advisories that the playbook tracks."""
    untold: tuple[str, ...]
    """Those of them that no source calls a flaw of the release's version."""
    announced: tuple[Announcement, ...]
    """Newer versions that the makers tell of and the index does not have."""
    alerts: tuple[Alert, ...]
    """Open alerts on the repository for the package."""
    notes: tuple[str, ...]
    """Remarks, a sentence each."""
    migrations: Mapping[str, str] = field(default_factory=dict)
    """What a check of the playbook tells of database migrations, by the candidate's version."""

    @property
    def reached(self) -> bool:
        """Say whether the index was, without which nothing can be said of newer versions."""
        return next(one.state for one in self.sources if one.name == INDEX) == "reached"


@dataclass
class Asker:
    """Makes a triage."""

    playbook: Playbook
    """What is tracked."""
    door: Door
    """Reaches processes."""
    now: datetime
    """The moment of the triage, with offset."""
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Tokens by the name of their variable."""
    told: Callable[[str], object] = str
    """Hears what is being done."""
    every: bool = False
    """Whether every candidate is tried, also one that could not be recommended anyway."""
    _sources: list[Standing] = field(default_factory=list)
    _notes: list[str] = field(default_factory=list)

    def run(self) -> Triage:
        """Ask; a source that fails is told in the triage.

        Raises UsageError for a release that is no package at a version, and PlaybookInvalid for
        waivers that cannot be read.
        """
        release = self.playbook.release
        package, current = self._current()
        gate = gate_of(self.playbook, Path(self.playbook.repository))
        target = self._interpreter(gate)
        answers = self._upstreams(package, gate)
        index = answers.get(INDEX, Told())
        announcements = tuple(one for answer in answers.values() for one in answer.announcements)
        python = target.full_version if target else ""
        rules = Rules(self.playbook.upstream, current, python, self.now)
        found = candidates(index.offers, announcements, rules)
        self.told(f"asking {_names(gate)} about {package} {current}")
        effects = Effects(gate, package, current, self.door, self.now)
        resolver = self._resolver(target, index)
        recommendation = (
            self._choose(found, effects, resolver) if INDEX in answers else _NOTHING_KNOWN
        )
        self._advisories(gate, effects, package)
        known = effects.known()
        return Triage(
            package=package,
            current=str(current),
            taken=self.now.isoformat(timespec="seconds"),
            python=python,
            resolves=resolver.describe() if resolver else "nothing, without an interpreter",
            sources=tuple(self._sources),
            effect=effects.current(),
            recommendation=recommendation,
            tracked=release.cves,
            untold=_untold(release.cves, known),
            announced=only_announced(index.offers, announcements, current) if index.offers else (),
            alerts=tuple(one for answer in answers.values() for one in answer.alerts),
            notes=tuple(self._notes),
        )

    def _current(self) -> tuple[str, Version]:
        """Give the package and the version that the pins repeat."""
        release = self.playbook.release
        try:
            return package_name(release.package), parse_version(release.version)
        except ValueError as error:
            raise UsageError(
                f"{self.playbook.file}: release: {error}",
                hint="triage knows packages of a Python index; state 'package' and 'version' so",
            ) from None

    def _interpreter(self, gate: Gate) -> Interpreter | None:
        try:
            return interpreter(gate.python, self.door)
        except RunnerError as error:
            self._notes.append(f"what candidates require of Python is not known: {error.message}")
            return None

    def _upstreams(self, package: str, gate: Gate) -> dict[str, Told]:
        question = Question(
            self.playbook.release,
            package,
            self.playbook.upstream,
            self.door,
            gate.python,
            self.secrets,
        )
        answers: dict[str, Told] = {}
        for name in NAMES:
            one = source(name)
            where = one.address(question)
            if not where:
                self._sources.append(Standing(name, "not asked", one.missing(question)))
                continue
            self.told(f"asking {where}")
            try:
                answers[name] = one.ask(question)
            except RunnerError as error:
                self._sources.append(Standing(name, "failed", error.message, error.hint))
            else:
                self._sources.append(Standing(name, "reached", where))
                self._notes += [f"{name}: {note}" for note in answers[name].notes]
        return answers

    def _resolver(self, target: Interpreter | None, index: Told) -> Resolver | None:
        if target is None:
            return None
        playbook = self.playbook
        return Resolver(self.door, playbook.release, playbook.pins, target, index.variables)

    def _choose(
        self, found: tuple[Candidate, ...], effects: Effects, resolver: Resolver | None
    ) -> Recommendation:
        def resolve(version: Version) -> Resolution:
            if resolver is None:
                return Resolution("unknown", "there is no interpreter to resolve for")
            self.told(f"resolving {version}")
            return resolver.resolve(str(version))

        most = self.playbook.upstream.candidates
        chooser = Chooser(
            effects.cheap, effects.whole, resolve, most, effects.troubles, every=self.every
        )
        return chooser.choose(effects.current(), found)

    def _advisories(self, gate: Gate, effects: Effects, package: str) -> None:
        """Tell of every source of advisories; one that failed for a candidate has failed."""
        reports = {one.source: one for one in effects.reports}
        for one in gate.sources:
            name = f"advisories: {one.name}"
            if trouble := effects.troubles.get(one.name):
                standing = Standing(name, "failed", trouble.message, trouble.hint)
            elif why := why_not_audited(reports[one.name], package):
                standing = Standing(name, "failed", f"it did not look at {package}: {why}")
            else:
                standing = Standing(name, "reached", one.describe())
            self._sources.append(standing)
        if not gate.sources:
            told = "no check of the kind 'advisories' is in the playbook"
            self._sources.append(Standing("advisories", "not asked", told))


def _names(gate: Gate) -> str:
    return ", ".join(one.name for one in gate.sources) or "no source of advisories"


def _untold(tracked: tuple[str, ...], known: tuple[Vulnerability, ...]) -> tuple[str, ...]:
    names = frozenset(name for one in known for name in one.names)
    return tuple(one for one in tracked if one not in names)
