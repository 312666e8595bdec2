"""From what safety tells to advisories; nothing in its report is taken on trust."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from packaging.version import Version

from runner.advisories.findings import Advisory
from runner.advisories.inventory import Inventory
from runner.advisories.sources.base import SourceError
from runner.advisories.sources.safety.told import Flaw, Told
from runner.advisories.specifiers import to_affected
from runner.advisories.tools import Tool, harmless
from runner.advisories.versions import Interval, package_name, parse_version

_DECORATION = "pyup.io-"
"""What some databases of safety 3 put before an id (``safety.py`` of 2.3.5 takes it off)."""
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}")
_LINK = re.compile(r"https?://[!-~]{1,2000}")
_FOREIGN = "see the raw report; it is of another run, or of another program"


def advisories(told: Told, inventory: Inventory, tool: Tool) -> tuple[Advisory, ...]:
    """Give what affects the components, one advisory a flaw; raises SourceError.

    A report is refused that another version wrote, or that is about other packages than the
    inventory's.
    """
    if told.version != tool.version:
        raise SourceError(
            f"the report was written by safety {harmless(told.version)[:80]}, not by {tool}",
            hint=_FOREIGN,
        )
    if len(told.scanned) != len(inventory.components):
        raise SourceError(
            f"{tool} looked at {len(told.scanned)} packages, and was given "
            f"{len(inventory.components)}",
            hint=_FOREIGN,
        )
    found: dict[tuple[str, str], Advisory] = {}
    for flaw in told.flaws:
        one = _advisory(flaw, inventory.versions, tool)
        # safety 2 tells a flaw again for each specifier that holds; each telling has all of them.
        found.setdefault((one.package, one.id), one)
    return tuple(found.values())


def unseen(told: Told, inventory: Inventory) -> dict[str, str]:
    """Name the components that safety has not looked at, with the reason."""
    seen = {_name(name): version for name, version in told.scanned.items()}
    reasons = {}
    for one in inventory.components:
        if one.name not in seen:
            reasons[one.name] = "safety does not list it among what it scanned"
        elif _version(seen[one.name]) != one.parsed:
            looked = harmless(seen[one.name])[:80] or "no version"
            reasons[one.name] = f"safety looked at {looked}, not at {one.version}"
    return reasons


def _advisory(flaw: Flaw, versions: Mapping[str, str], tool: Tool) -> Advisory:
    package = _name(flaw.package)
    installed = _version(flaw.version)
    if installed is None or _version(versions.get(package, "")) != installed:
        what = harmless(f"{flaw.package} {flaw.version}")[:120]
        raise SourceError(f"{tool} tells of {what}, which it was not given", hint=_FOREIGN)
    names = list(_names(flaw))
    if not names:
        what = harmless(flaw.id)[:80]
        raise SourceError(
            f"{tool} tells of a flaw of {package} with the id {what!r}", hint=_FOREIGN
        )
    intervals, listed = _affected(flaw, installed)
    return Advisory(
        id=names[0],
        package=package,
        aliases=tuple(names[1:]),
        intervals=intervals,
        versions=listed,
        severity=flaw.severity,
        published=_moment(flaw.published),
        references=tuple(dict.fromkeys(link for link in flaw.links if _LINK.fullmatch(link))),
        source=tool.name,
    )


def _names(flaw: Flaw) -> Iterator[str]:
    told = (flaw.id.removeprefix(_DECORATION), *flaw.aliases)
    return iter(dict.fromkeys(name for name in told if _ID.fullmatch(name)))


def _affected(flaw: Flaw, installed: Version) -> tuple[tuple[Interval, ...], frozenset[Version]]:
    """Give the ranges and the listed versions; the installed one is affected in any case."""
    fixed = {version for text in flaw.fixed if (version := _version(text))}
    read = [to_affected(text, fixed) for text in flaw.specs]
    intervals = tuple(one for one in read if isinstance(one, Interval))
    listed = {one for one in read if isinstance(one, Version)}
    if not any(one.holds(installed) for one in intervals):
        listed.add(installed)
    return intervals, frozenset(listed)


def _name(text: str) -> str:
    try:
        return package_name(text)
    except ValueError:
        return ""


def _version(text: str) -> Version | None:
    try:
        return parse_version(text)
    except ValueError:
        return None


def _moment(text: str) -> str:
    """Give a date and time with its offset; what has none is not told on."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    return text if moment.tzinfo else ""
