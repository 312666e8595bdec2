"""A made-up database of OSV records, in the shapes of real ones, and what is known of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeAlias

from packaging.version import Version

Json: TypeAlias = dict[str, object]
"""An OSV record, or a part of one."""
Release: TypeAlias = tuple[int, int, int]
"""A version."""

SEED = 20261123
"""So that the records are the same each time."""
FLAWS = 6
"""Flaws of each scanned package; the other records are about packages that are not scanned."""
OTHERS = 3000
"""Packages that are not scanned."""
AFFECTING = 0.15
"""The part of the flaws of a scanned package that affect its version."""
_WORDS = (
    "an attacker can send a crafted request",
    "and read files outside of the folder",
    "when untrusted input is parsed with default options,",
    "because its size is not limited;",
    "a remote user without credentials may cause denial of service",
    "in all versions before the fix.",
)


@dataclass(frozen=True)
class Flaw:
    """A flaw that the records tell of."""

    cve: str
    """Its CVE id, which all its records have as an alias."""
    package: str
    """Normalised name."""
    records: tuple[Json, ...]
    """One of PyPA's database, one of GitHub's, or both."""
    affecting: bool
    """Whether it affects the package at the version that is scanned."""


def write(folder: Path, scanned: Mapping[str, str], count: int) -> tuple[Flaw, ...]:
    """Write so many records, a file each; give the flaws of what is scanned (name to version)."""
    folder.mkdir()
    flaws, written = [], 0
    for flaw in _flaws(Random(SEED), scanned):  # noqa: S311 - nothing is kept secret with it
        if flaw.package in scanned:
            flaws.append(flaw)
        for record in flaw.records[: count - written]:
            text = json.dumps(record, indent=2)
            (folder / f"{record['id']}.json").write_text(text, encoding="utf-8")
            written += 1
        if written == count:
            return tuple(flaws)
    raise AssertionError  # there is no end of flaws


def _flaws(random: Random, scanned: Mapping[str, str]) -> Iterator[Flaw]:
    number = 0
    for package, version in scanned.items():
        for _ in range(FLAWS):
            yield _flaw(random, number := number + 1, package, _release(version))
    while True:
        package = f"package-{random.randrange(OTHERS)}"
        yield _flaw(random, number := number + 1, package, (random.randrange(1, 60), 4, 2))


def _release(version: str) -> Release:
    found = Version(version)
    return found.major, found.minor, found.micro


def _flaw(random: Random, number: int, package: str, at: Release) -> Flaw:
    affecting = random.random() < AFFECTING
    year = random.randrange(2019, 2027)
    names = {
        "CVE": f"CVE-{year}-{20000 + number}",
        "PYSEC": f"PYSEC-{year}-{number}",
        "GHSA": f"GHSA-{number:04x}-{random.randrange(16**4):04x}-{random.randrange(16**4):04x}",
    }
    start, end = _span(random, at, affecting=affecting)
    kinds = random.choice((("PYSEC",), ("GHSA",), ("PYSEC", "GHSA")))
    moment = f"{year}-{random.randrange(1, 13):02}-{random.randrange(1, 29):02}T10:20:30.123456Z"
    records: tuple[Json, ...] = tuple(
        {
            "schema_version": "1.7.5",
            "id": names[kind],
            "modified": moment,
            "published": moment,
            "aliases": [names[one] for one in ("CVE", *kinds) if one != kind],
            "summary": " ".join(random.choices(_WORDS, k=2)),
            "details": " ".join(random.choices(_WORDS, k=random.randrange(6, 40))),
            "severity": [_severity(random)],
            "affected": [_affected(kind, package, start, end)],
            "references": [
                _reference(package, names["CVE"], n) for n in range(random.randrange(2, 9))
            ],
            "database_specific": {"cwe_ids": [f"CWE-{random.randrange(20, 900)}"]},
        }
        for kind in kinds
    )
    return Flaw(names["CVE"], package, records, affecting)


def _span(random: Random, at: Release, *, affecting: bool) -> tuple[Release, Release]:
    """Give the first affected and the first fixed release, around a release or beside it."""
    major, minor, patch = at
    if affecting:
        return random.choice([(0, 0, 0), (0, 0, 1)]), (major, minor, patch + random.randrange(1, 9))
    if minor and random.random() < 0.9:
        return (0, 0, 0), (major, minor - 1, 9)
    return (major + 1, 0, 0), (major + 1, random.randrange(1, 30), 0)


def _affected(kind: str, package: str, start: Release, end: Release) -> Json:
    introduced = "0" if start == (0, 0, 0) else _text(start)
    span = [{"introduced": introduced}, {"fixed": _text(end)}]
    found: Json = {
        "package": {"ecosystem": "PyPI", "name": package, "purl": f"pkg:pypi/{package}"},
        "ranges": [{"type": "ECOSYSTEM", "events": span}],
    }
    if kind == "PYSEC":  # PyPA's database lists every affected release, and the commits
        commits = [{"introduced": "0"}, {"fixed": "a94f5c2d" * 5}]
        repository = f"https://git.example/{package}"
        git: Json = {"type": "GIT", "repo": repository, "events": commits}
        found["ranges"] = [git, {"type": "ECOSYSTEM", "events": span}]
        found["versions"] = list(map(_text, _between(start, end)))
    return found


def _between(start: Release, end: Release) -> Iterator[Release]:
    """Give releases of a span, both ends as the range has them."""
    if start[0] > 0:
        yield start
    for major in range(max(start[0], end[0] - 3, 0), end[0] + 1):
        for minor in range(12):
            if start < (major, minor, 1) < end:
                yield major, minor, 1


def _severity(random: Random) -> Json:
    low, mid, high = (random.choice("NLH") for _ in range(3))
    way = f"AV:N/AC:{random.choice('LH')}"
    if random.random() < 0.3:
        vector = f"CVSS:4.0/{way}/AT:N/PR:L/UI:N/VC:{low}/VI:{mid}/VA:{high}/SC:N/SI:N/SA:N"
        return {"type": "CVSS_V4", "score": vector}
    vector = f"CVSS:3.1/{way}/PR:N/UI:{random.choice('NR')}/S:U/C:{low}/I:{mid}/A:{high}"
    return {"type": "CVSS_V3", "score": vector}


def _reference(package: str, cve: str, number: int) -> Json:
    return {"type": "WEB", "url": f"https://advisories.example/{package}/{cve}/{number}"}


def _text(release: Release) -> str:
    return ".".join(map(str, release))
