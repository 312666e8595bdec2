"""The source ``osv-api``: OSV's query API, for where the network is there.

Formats are those of https://google.github.io/osv.dev/api/: ``POST /v1/querybatch`` names the
records of each package and version, and ``GET /v1/vulns/{id}`` gives a record. OSV does not tell a
package that it knows to be clean from one that it has never heard of.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import quote

import msgspec

from runner.advisories.findings import Advisory
from runner.advisories.inventory import Component, Inventory
from runner.advisories.record import read_record
from runner.advisories.sources.base import Door, Problem, Report
from runner.advisories.sources.live import address, now, queried
from runner.advisories.sources.osv_batch import Ask, affecting
from runner.advisories.versions import public

KEPT = "osv-api.json"
"""The raw answers: a list of objects with ``path`` and ``body`` (a text), in order."""


@dataclass(frozen=True)
class OsvApi:
    """A service with OSV's query API."""

    base_url: str = "https://api.osv.dev"
    """Address of the service, without ``/v1``."""
    seconds: float = 120.0
    """For all questions together."""

    def __post_init__(self) -> None:
        """Raise ValueError where the address cannot be asked."""
        address(self.base_url)

    @property
    def name(self) -> str:
        """As in `Report.source`."""
        return "osv-api"

    def describe(self) -> str:
        """Say what would be asked."""
        return f"ask {address(self.base_url)}"

    def scan(self, inventory: Inventory, door: Door) -> Report:
        """Look at every component.

        Raises SourceError where the service does not answer, or not as OSV does. A record that
        cannot be read is a problem of the packages that it was named for.
        """
        from runner.advisories.sources.web import Client, within  # 100 ms, for this alone

        base = address(self.base_url)
        asked = now()
        talk: list[Answer] = []
        with closing(Client(base, door.env)) as client:

            def ask(path: str, body: bytes | None) -> bytes:
                data = client.ask(path, body)
                talk.append(Answer(path, data.decode("utf-8", "replace")))
                return data

            try:
                found = within(self.seconds, lambda: _collect(inventory.components, ask), base)
            finally:
                door.keep(KEPT, msgspec.json.encode(talk))
        door.log(f"{base} names {found.records} records for {len(inventory.components)} packages\n")
        return Report(
            source=self.name,
            tool="",
            database=queried(self.name, base, asked, found.records),
            advisories=tuple(found.advisories),
            audited=tuple(one.name for one in inventory.components),
            problems=tuple(found.problems),
        )


@dataclass(frozen=True)
class Answer:
    """An answer, as it is kept."""

    path: str
    """What was asked, below the service's address."""
    body: str
    """What came; bytes that are no UTF-8 became U+FFFD."""


@dataclass
class _Found:
    """What the service says."""

    records: int = 0
    """How many records it names."""
    advisories: list[Advisory] = field(default_factory=list)
    """What they say."""
    problems: list[Problem] = field(default_factory=list)
    """Those that could not be read."""


def _collect(components: Sequence[Component], ask: Ask) -> _Found:
    from runner.advisories.sources.web_errors import RefusedError  # 100 ms, for this alone

    found = _Found()
    for name, named in affecting(components, ask).items():
        found.records += 1
        try:
            data = ask(f"/v1/vulns/{quote(name, safe='')}", None)
            found.advisories.extend(_advisories(data, name, named))
        except (ValueError, RefusedError) as error:
            packages = tuple(one.name for one in named)
            found.problems.append(Problem(name, str(error), packages))
    return found


def _advisories(data: bytes, name: str, components: Sequence[Component]) -> list[Advisory]:
    record = read_record(data)
    if record.id != name:
        raise ValueError(f"the service gives {record.id} in its place")
    source = f"/v1/vulns/{name}"
    return [_affecting(record.advisory(one.name, source), one) for one in components]


def _affecting(advisory: Advisory, component: Component) -> Advisory:
    """Let the service's word count, which has named the record for just this version.

    It matches versions more loosely than the record's ranges say, and where the two
    differ nothing shall be lost.
    """
    if advisory.withdrawn:
        return advisory
    return replace(advisory, versions=advisory.versions | {public(component.parsed)})
