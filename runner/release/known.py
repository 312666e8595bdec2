"""What is known against the release, without a network and without another program."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from runner.advisories.asked import why_not_audited
from runner.advisories.sources.base import Door
from runner.advisories.sources.osv import Osv
from runner.advisories.versions import package_name, parse_version
from runner.advisories.vulnerabilities import Vulnerability
from runner.model import Playbook
from runner.model.standing import KnownAdvisories, KnownAdvisory
from runner.release.effects import Effects, Gate, gate_of


def known_of(playbook: Playbook, door: Door, now: datetime) -> KnownAdvisories:
    """Ask the playbook's OSV records about the release; the other sources are named as not asked.

    Raises PlaybookInvalid for waivers that cannot be read.
    """
    release = playbook.release
    gate = gate_of(playbook, Path(playbook.repository))
    local = replace(gate, sources=tuple(one for one in gate.sources if isinstance(one, Osv)))
    if not local.sources:
        reason = "no source can be asked without a network; `runner triage` asks them"
        return KnownAdvisories(untold=release.cves, troubles=(reason,))
    try:
        package, version = package_name(release.package), parse_version(release.version)
    except ValueError as error:
        return KnownAdvisories(untold=release.cves, troubles=(str(error),))
    effects = Effects(local, package, version, door, now)
    troubles = [f"{name}: {error.message}" for name, error in effects.troubles.items()]
    unseen = {one.source: why_not_audited(one, package) for one in effects.reports}
    troubles += [
        f"{name}: it did not look at {package}: {why}" for name, why in unseen.items() if why
    ]
    found = effects.known()
    told = frozenset(name for one in found for name in one.names)
    return KnownAdvisories(
        asked=tuple(name for name, why in unseen.items() if not why),
        found=tuple(_known(one, gate, release.cves, now) for one in found),
        untold=tuple(one for one in release.cves if one not in told),
        troubles=tuple(troubles),
    )


def _known(
    one: Vulnerability, gate: Gate, tracked: tuple[str, ...], now: datetime
) -> KnownAdvisory:
    today = now.astimezone(UTC).date()
    waivers = (waiver for waiver in gate.waivers if waiver.accepts(one, today))
    until = max((waiver.expires.isoformat() for waiver in waivers), default="")
    is_tracked = not one.names.isdisjoint(tracked)
    return KnownAdvisory(one.id, one.severity.word, is_tracked, one.fixed_in, until)
