"""Where packages stand in a file of requirements, so that a result points at a line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from packaging.utils import canonicalize_name

from runner.advisories.inventory import Component
from runner.advisories.versions import parse_version
from runner.model import Place

# A name as PEP 508 has it at the start of a line, and the version that pins it; quoted in a list of
# TOML, or after `name =` in a lock (PEP 751). What may follow a name is listed, so that prose and
# the hashes of a lock are passed over.
_REQUIREMENT: Final = re.compile(
    r"""[ \t]*(?:name[ \t]*=[ \t]*(?=["']))?"""
    r"""["']?(?P<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"""
    r"""[ \t]*(?:\[[^]]*\][ \t]*)?(?:===?[ \t]*(?P<version>[^\s;,#\\"']+)|(?=[<>=!~;@#"']|\r?$))"""
)


@dataclass(frozen=True)
class Places:
    """Where results point to."""

    packages: Mapping[str, Place]
    """The line of each package that a file names, by its normalised name."""
    elsewhere: Place
    """For a package that stands in no file: an environment has none, a resolved graph few."""

    def of(self, package: str) -> Place:
        """Give the place of a package."""
        return self.packages.get(package, self.elsewhere)


def places(file: str, text: str, components: Iterable[Component]) -> Mapping[str, Place]:
    """Give the line of each component that a file names, by the component's name.

    Of several lines with one name, the one with the component's version counts, else the first.
    """
    wanted = {one.name: one.version for one in components}
    found: dict[str, Place] = {}
    exact: set[str] = set()
    # As editors and code scanning count lines: a form feed, for one, does not begin a new one.
    for number, line in enumerate(text.split("\n"), start=1):
        match = _REQUIREMENT.match(line)
        name = canonicalize_name(match["name"]) if match else ""
        if match is None or name not in wanted or name in exact:
            continue
        place = Place(file, number, match.start("name") + 1)
        found.setdefault(name, place)
        if _is(match["version"], wanted[name]):
            found[name] = place
            exact.add(name)
    return found


def _is(written: str | None, version: str) -> bool:
    try:
        return written is not None and parse_version(written) == parse_version(version)
    except ValueError:
        return False
