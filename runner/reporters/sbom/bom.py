"""The bill as a whole: what was scanned, by what, and its components."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from runner import __version__
from runner.advisories.inventory import Component as Package
from runner.advisories.inventory import Inventory
from runner.advisories.snapshot import Snapshot
from runner.advisories.sources.base import Report
from runner.advisories.vulnerabilities import combine
from runner.reporters.sbom.vulnerabilities import vulnerability
from runner.reporters.text import one_line

_PREFIX = "upgrade-runner:"
"""Of the names of properties (CycloneDX Property Taxonomy: a namespace of one's own)."""


def document(snapshot: Snapshot) -> bytes:
    """Give the bill as JSON."""
    components = {one.name: _component(one, snapshot) for one in snapshot.inventory.components}
    root = _root(snapshot.inventory)
    bom = Bom(
        components=components.values(),
        vulnerabilities=(
            vulnerability(one, str(components[one.package].bom_ref.value))
            for one in combine(snapshot)
        ),
        metadata=BomMetaData(
            component=root,
            timestamp=datetime.fromisoformat(snapshot.taken),
            tools=ToolRepository(components=[_runner()]),
            properties=_properties(_facts(snapshot)),
        ),
    )
    # The library asks for a graph of dependencies, and makes one of leaves for those that it was
    # not told of. Who needs whom is not known here: it is given one, and nothing of it is written.
    bom.register_dependency(root, components.values())
    plain = json.loads(JsonV1Dot6(bom).output_as_string())
    del plain["dependencies"], plain["serialNumber"]
    return _serialise(plain)


def _serialise(plain: dict[str, object]) -> bytes:
    """Write it with a serial number that is made of the content alone (RFC 9562, version 5)."""
    serial = uuid5(NAMESPACE_URL, json.dumps(plain, sort_keys=True)).urn
    return (json.dumps({**plain, "serialNumber": serial}, indent=1, sort_keys=True) + "\n").encode()


def _root(inventory: Inventory) -> Component:
    """Name what the components are of; an image by its reference, with its digest for a version."""
    if not inventory.image:
        name = one_line(inventory.subject)
        return Component(name=name, type=ComponentType.APPLICATION, bom_ref="subject")
    return Component(
        name=one_line(inventory.image),
        version=one_line(inventory.digest),
        type=ComponentType.CONTAINER,
        bom_ref="subject",
    )


def _runner() -> Component:
    return Component(name="Upgrade Runner", version=__version__, type=ComponentType.APPLICATION)


def _component(package: Package, snapshot: Snapshot) -> Component:
    purl = PackageURL("pypi", name=package.name, version=package.version)
    reports = snapshot.reports
    skipped = {
        f"skipped-by:{one.source}": one.skipped[package.name]
        for one in reports
        if package.name in one.skipped
    }
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        purl=purl,
        bom_ref=purl.to_string(),
        properties=_properties(skipped.items()),
    )


def _facts(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Give what a reader must know to judge the list of vulnerabilities, an empty one above all."""
    inventory = snapshot.inventory
    yield "release", f"{snapshot.package} {snapshot.version}"
    yield "commit", snapshot.commit
    yield "method", inventory.method
    yield "python", inventory.python
    yield "origin", inventory.origin
    for report in snapshot.reports:
        yield from _source(report)


def _source(report: Report) -> Iterator[tuple[str, str]]:
    name, database = f"source:{report.source}", report.database
    yield f"{name}:tool", report.tool
    yield f"{name}:database", database.location
    yield f"{name}:database:sha256", database.identity
    yield f"{name}:database:modified", database.timestamp
    yield f"{name}:skipped", str(len(report.skipped))
    yield f"{name}:unreadable", str(len(report.problems))


def _properties(facts: Iterable[tuple[str, str]]) -> list[Property]:
    told = ((name, one_line(value)) for name, value in facts)
    return [Property(name=_PREFIX + name, value=value) for name, value in told if value]
