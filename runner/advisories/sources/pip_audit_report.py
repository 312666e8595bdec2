"""The report of pip-audit (``--format json``, as 2.10.1 writes it), held against what was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
from packaging.version import Version

from runner.advisories.findings import Advisory
from runner.advisories.inventory import Component, Inventory
from runner.advisories.record import Id
from runner.advisories.sources.base import SourceError
from runner.advisories.tools import harmless
from runner.advisories.versions import Interval, Word, package_name, parse_version, public

_REASON = 300
"""Characters of a reason that are kept."""


@dataclass(frozen=True)
class ReportedFlaw:
    """``dependencies[].vulns[]``."""

    id: Id
    """PYSEC if there is such an id, else CVE, else another."""
    fix_versions: tuple[str, ...]
    """Of all ranges, in order; empty where none is named."""
    aliases: tuple[Id, ...]
    """The other ids, in any order."""


@dataclass(frozen=True)
class ReportedPackage:
    """``dependencies[]``: a version and its flaws, or the reason for a skip."""

    name: str
    """Normalised (PEP 503)."""
    version: str | None = None
    """Normalised (PEP 440)."""
    vulns: tuple[ReportedFlaw, ...] | None = None
    """Empty where the service knows none."""
    skip_reason: str | None = None
    """Why it was not looked at."""


@dataclass(frozen=True)
class _Reported:
    dependencies: tuple[ReportedPackage, ...]
    """Each package once."""


@dataclass(frozen=True)
class Audit:
    """What pip-audit says of an inventory."""

    advisories: tuple[Advisory, ...]
    """The flaws of the components, as far as they are told."""
    audited: tuple[str, ...]
    """Names of the components that were looked at, ordered."""
    skipped: Mapping[str, str]
    """The other components: name to reason."""


_MISSING = ReportedPackage("", skip_reason="it is missing in pip-audit's report")
_NO_REASON = "pip-audit skipped it and gave no reason"
_DECODER = msgspec.json.Decoder(_Reported)


def read_audit(data: bytes, inventory: Inventory, source: str) -> Audit:
    """Read the report on an inventory; ``source`` is its file.

    Raises SourceError for what is no such report, is on anything but the inventory, or looked at
    nothing of it.
    """
    try:
        audit = _audit(_by_name(_DECODER.decode(data).dependencies), inventory, source)
    except (ValueError, RecursionError) as error:  # msgspec raises both
        raise SourceError(
            f"pip-audit's report cannot be used: {error}",
            hint=f"see {source} in the evidence; is another release of pip-audit needed?",
        ) from error
    if not audit.audited:
        reasons = (f"{name}: {reason}" for name, reason in audit.skipped.items())
        raise SourceError(
            f"pip-audit looked at no package; {next(reasons, 'there is none to look at')}",
            hint="does the service know them? Another 'service', or the source 'osv', may",
        )
    return audit


def _audit(told: dict[str, ReportedPackage], inventory: Inventory, source: str) -> Audit:
    advisories: list[Advisory] = []
    skipped: dict[str, str] = {}
    for component in inventory.components:
        package = told.pop(component.name, _MISSING)
        if package.skip_reason is None:
            advisories.extend(_advisories(package, component, source))
        elif package.vulns:
            raise ValueError(f"{component.name} has both findings and a reason for a skip")
        else:
            skipped[component.name] = harmless(package.skip_reason)[:_REASON] or _NO_REASON
    if told:
        raise ValueError(f"it is on {min(told)}, which was not asked for")
    audited = tuple(one.name for one in inventory.components if one.name not in skipped)
    return Audit(tuple(advisories), audited, skipped)


def _by_name(packages: tuple[ReportedPackage, ...]) -> dict[str, ReportedPackage]:
    found: dict[str, ReportedPackage] = {}
    for one in packages:
        name = package_name(one.name)
        if name in found:
            raise ValueError(f"{name} stands in it twice")
        found[name] = one
    return found


def _advisories(package: ReportedPackage, component: Component, source: str) -> list[Advisory]:
    if package.version is None or package.vulns is None:
        raise ValueError(f"{component.name} has neither findings nor a reason for a skip")
    version = public(component.parsed)
    if parse_version(package.version) != version:
        raise ValueError(
            f"it is on {component.name} {package.version[:80]!r}, and {version} was asked for"
        )
    return [_advisory(flaw, component.name, version, source) for flaw in package.vulns]


def _advisory(flaw: ReportedFlaw, package: str, version: Version, source: str) -> Advisory:
    """Say what is known: that this version is affected, and which later one is fixed.

    Without a fix there is but a list of one version, so that others are out of range, not fixed.
    """
    fixes = [fix for text in flaw.fix_versions if (fix := parse_version(text)) > version]
    return Advisory(
        id=flaw.id,
        package=package,
        aliases=tuple(sorted({*flaw.aliases} - {flaw.id})),
        intervals=(Interval(version, min(fixes), Word.FIXED),) if fixes else (),
        versions=frozenset({version}),
        source=source,
    )
