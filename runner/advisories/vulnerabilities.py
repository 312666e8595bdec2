"""Vulnerabilities: the findings of all sources that are one flaw of one component."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

from runner.advisories.findings import Advisory, Finding, Standing, order
from runner.advisories.inventory import Component
from runner.advisories.severity import Severity, worst
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report
from runner.advisories.versions import parse_version

_Told: TypeAlias = tuple[int, Advisory]
"""The number of a report, and one of its advisories."""


@dataclass(frozen=True)
class Vulnerability:
    """A flaw that affects a component by the word of at least one source."""

    component: Component
    """The package at its installed version."""
    findings: Mapping[str, Finding]
    """By source, in the snapshot's order: all that a source says of the flaw, where by its word
    the component is affected. Never empty."""
    silent: Mapping[str, tuple[Advisory, ...]]
    """The sources that looked at the component and do not call it affected, with what they say of
    the flaw (withdrawn advisories too); nothing where they do not tell it at all."""

    @property
    def package(self) -> str:
        """Its normalised name."""
        return self.component.name

    @property
    def version(self) -> str:
        """The installed version."""
        return self.component.version

    @cached_property
    def names(self) -> frozenset[str]:
        """Its identity: every id and alias that a source has for it."""
        return frozenset().union(*(one.names for one in self._standing()))

    @cached_property
    def id(self) -> str:
        """The name that people know: a CVE id if there is one, else the first source's own."""
        told = [one.id for one in self.findings.values()]
        aliases = sorted(self.names, key=order)
        return next((name for name in (*told, *aliases) if name.startswith("CVE-")), told[0])

    @cached_property
    def severity(self) -> Severity:
        """The highest that any source gives it."""
        return worst(one.severity for one in self._standing())

    @property
    def cwe(self) -> tuple[str, ...]:
        """Weaknesses, each once."""
        return tuple(sorted({name for one in self._standing() for name in one.cwe}, key=order))

    @property
    def fixed_versions(self) -> tuple[str, ...]:
        """Every version that a source which calls it affected names as fixed, in order."""
        told = {text for one in self.findings.values() for text in one.fixed_versions}
        return tuple(sorted(told, key=parse_version))

    @property
    def fixed_in(self) -> str:
        """The next fixed version, the latest where sources differ; empty if none names one."""
        told = [one.fixed_in(self.component.parsed) for one in self.findings.values()]
        return max(filter(None, told), key=parse_version, default="")

    @property
    def disagrees(self) -> bool:
        """Say whether a source that looked does not call the component affected."""
        return bool(self.silent)

    def is_same_as(self, other: Vulnerability) -> bool:
        """Say whether both are one flaw of one package, at whatever version."""
        return self.package == other.package and not self.names.isdisjoint(other.names)

    def _standing(self) -> list[Advisory]:
        told = [finding.advisories for finding in self.findings.values()]
        return [
            one for group in (*told, *self.silent.values()) for one in group if not one.withdrawn
        ]


def combine(snapshot: Snapshot) -> tuple[Vulnerability, ...]:
    """Give every flaw that affects a component, merged over all sources; the worst first.

    Advisories of one package that share a name are one flaw, over any number of steps and
    sources. Withdrawn ones join nothing. Raises ValueError where two reports have one source.
    """
    sources = [one.source for one in snapshot.reports]
    if len(set(sources)) < len(sources):
        raise ValueError(f"a source stands twice in {', '.join(sources)}")
    found: list[Vulnerability] = []
    told: dict[str, list[_Told]] = {}
    for number, report in enumerate(snapshot.reports):
        for one in report.advisories:
            told.setdefault(one.package, []).append((number, one))
    for component in snapshot.inventory.components:
        about = told.get(component.name, [])
        for group in _flaws([one for one in about if not one[1].withdrawn]):
            taken_back = [one for one in about if one[1].withdrawn and _shares(one, group)]
            found += _vulnerability(component, [*group, *taken_back], snapshot.reports)
    return tuple(sorted(found, key=_worst_first))


def _flaws(told: Iterable[_Told]) -> list[list[_Told]]:
    homes: dict[str, list[_Told]] = {}
    for one in told:
        near = {id(home): home for name in one[1].names if (home := homes.get(name))}
        joined = [*(member for home in near.values() for member in home), one]
        for _, advisory in joined:
            homes.update(dict.fromkeys(advisory.names, joined))
    return list({id(home): home for home in homes.values()}.values())


def _shares(told: _Told, group: Iterable[_Told]) -> bool:
    return any(not told[1].names.isdisjoint(one.names) for _, one in group)


def _vulnerability(
    component: Component, told: Sequence[_Told], reports: Sequence[Report]
) -> list[Vulnerability]:
    findings: dict[str, Finding] = {}
    silent: dict[str, tuple[Advisory, ...]] = {}
    for number, report in enumerate(reports):
        mine = sorted((one for at, one in told if at == number), key=lambda one: order(one.id))
        standing = tuple(one for one in mine if not one.withdrawn)
        finding = Finding(component.name, standing, report.database)
        if finding.standing(component.parsed) is Standing.AFFECTED:
            findings[report.source] = finding
        elif mine or component.name in report.audited:
            silent[report.source] = tuple(mine)
    return [Vulnerability(component, findings, silent)] if findings else []


def _worst_first(one: Vulnerability) -> tuple[float, str, tuple[tuple[int, str], ...]]:
    return -one.severity.rank, one.package, order(one.id)
