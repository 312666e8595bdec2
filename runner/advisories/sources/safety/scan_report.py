"""The report of ``safety scan --save-as json``: schema 3.0.

Read from safety-schemas 0.0.16 (``report/schemas/v3_0/main.py``). It lists every dependency of
every file that was found, and of a vulnerability its id and the specifier that holds: no other
name of it, no severity and no fixed version.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

import msgspec

from runner.advisories.sources.base import SourceError
from runner.advisories.sources.safety.told import Flaw, Told, decode

_PINNED = re.compile(r"\s*[A-Za-z0-9._-]+\s*==\s*(?P<version>[^\s;,*]+)\s*")


class _Vulnerability(msgspec.Struct, frozen=True):
    """``known_vulnerabilities[]``, the ignored ones too."""

    id: str
    vulnerable_spec: str


class _Known(msgspec.Struct, frozen=True):
    """``specifications[].vulnerabilities``."""

    known_vulnerabilities: tuple[_Vulnerability, ...]


class _Specification(msgspec.Struct, frozen=True):
    """``dependencies[].specifications[]``."""

    raw: str
    vulnerabilities: _Known


class _Dependency(msgspec.Struct, frozen=True):
    """``results.dependencies[]``."""

    name: str
    specifications: tuple[_Specification, ...]


class _Results(msgspec.Struct, frozen=True):
    """``files[].results``."""

    dependencies: tuple[_Dependency, ...]


class _File(msgspec.Struct, frozen=True):
    """``projects[].files[]``."""

    location: str
    results: _Results


class _Project(msgspec.Struct, frozen=True):
    """``scan_results.projects[]``."""

    files: tuple[_File, ...]


class _ScanResults(msgspec.Struct, frozen=True):
    """``scan_results``."""

    projects: tuple[_Project, ...]


class _Telemetry(msgspec.Struct, frozen=True):
    """``meta.telemetry``."""

    safety_version: str


class _Meta(msgspec.Struct, frozen=True):
    """``meta``."""

    scan_type: Literal["scan"]
    schema_version: Literal["3.0"]
    telemetry: _Telemetry


class _Report(msgspec.Struct, frozen=True):
    """The whole."""

    meta: _Meta
    scan_results: _ScanResults


_DECODER = msgspec.json.Decoder(_Report)


def read_scan(data: bytes) -> Told:
    """Read a report; raises SourceError for what is none, or is of more than one file."""
    report = decode(data, _DECODER, "safety scan")
    files = [file for project in report.scan_results.projects for file in project.files]
    if len(files) != 1:
        raise SourceError(
            f"`safety scan` looked at {len(files)} files, not at the one that it was given",
            hint="a policy of the safety platform may exclude files; see the raw report",
        )
    dependencies = files[0].results.dependencies
    scanned = {one.name: _version(one) for one in dependencies}
    flaws = tuple(flaw for one in dependencies for flaw in _flaws(one))
    return Told(report.meta.telemetry.safety_version, "", scanned, flaws)


def _version(dependency: _Dependency) -> str:
    """Give the version that a dependency is pinned at; empty where it is not, or at several."""
    pins = {pin["version"] for one in dependency.specifications if (pin := _pin(one))}
    return pins.pop() if len(pins) == len(dependency.specifications) == 1 else ""


def _pin(specification: _Specification) -> re.Match[str] | None:
    return _PINNED.fullmatch(specification.raw)


def _flaws(dependency: _Dependency) -> Iterator[Flaw]:
    for specification in dependency.specifications:
        for one in specification.vulnerabilities.known_vulnerabilities:
            version = _version(dependency)
            yield Flaw(one.id, dependency.name, version, (one.vulnerable_spec,))
