"""The report of ``safety check --save-json``.

``json_version`` 1 is that of safety 2.3.5, ``"1.1"`` that of 3.7.0 (``formatters/json.py`` and
``models`` of both); the second has lists where the first has one specifier.
"""

from __future__ import annotations

import msgspec

from runner.advisories.severity import Severity, read_vector
from runner.advisories.sources.base import SourceError
from runner.advisories.sources.safety.told import Flaw, Told, decode

_WORDS = frozenset(("low", "medium", "high", "critical"))
_HIGHEST = 10.0
"""Of all CVSS scores."""


class _Cvss(msgspec.Struct, frozen=True):
    """``vulnerabilities[].severity.cvssv3``: as the database has it."""

    base_score: float | str | None = None
    base_severity: str | None = None
    vector_string: str | None = None


class _Severity(msgspec.Struct, frozen=True):
    """``vulnerabilities[].severity``."""

    source: str | None = None
    cvssv3: _Cvss | None = None


class _Vulnerability(msgspec.Struct, frozen=True, rename={"cve": "CVE"}):
    """``vulnerabilities[]`` and ``ignored_vulnerabilities[]``."""

    vulnerability_id: str
    package_name: str
    vulnerable_spec: str | tuple[str, ...]
    all_vulnerable_specs: tuple[str, ...]
    analyzed_version: str
    fixed_versions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    cve: str | None = None
    severity: _Severity | None = None
    published_date: str | None = None
    more_info_url: str | None = None


class _Package(msgspec.Struct, frozen=True):
    """``scanned_packages.*``."""

    name: str
    version: str | None


class _Meta(msgspec.Struct, frozen=True):
    """``report_meta``."""

    safety_version: str
    packages_found: int
    vulnerabilities_found: int
    vulnerabilities_ignored: int
    local_database_path: str | None


class _Report(msgspec.Struct, frozen=True):
    """The whole."""

    report_meta: _Meta
    scanned_packages: dict[str, _Package]
    vulnerabilities: tuple[_Vulnerability, ...]
    ignored_vulnerabilities: tuple[_Vulnerability, ...]


_DECODER = msgspec.json.Decoder(_Report)


def read_check(data: bytes) -> Told:
    """Read a report; raises SourceError for what is none, or contradicts its own numbers."""
    report = decode(data, _DECODER, "safety check")
    meta = report.report_meta
    told = (meta.packages_found, meta.vulnerabilities_found, meta.vulnerabilities_ignored)
    listed = (
        len(report.scanned_packages),
        len(report.vulnerabilities),
        len(report.ignored_vulnerabilities),
    )
    if told != listed:
        raise SourceError(
            "the report of `safety check` contradicts itself: it says {} packages, {} "
            "vulnerabilities and {} ignored, and lists {}, {} and {}".format(*told, *listed),
            hint="see the raw report; it may be cut, or put together",
        )
    found = (*report.vulnerabilities, *report.ignored_vulnerabilities)
    scanned = {one.name: one.version or "" for one in report.scanned_packages.values()}
    local = meta.local_database_path or ""
    return Told(meta.safety_version, local, scanned, tuple(map(_flaw, found)))


def _flaw(one: _Vulnerability) -> Flaw:
    spec = one.vulnerable_spec
    matched = (spec,) if isinstance(spec, str) else spec
    rated = one.severity or _Severity()
    return Flaw(
        id=one.vulnerability_id,
        package=one.package_name,
        version=one.analyzed_version,
        specs=tuple(dict.fromkeys((*one.all_vulnerable_specs, *matched))),
        fixed=one.fixed_versions,
        aliases=tuple(name for name in (one.cve, rated.source) if name),
        severity=_rating(rated.cvssv3 or _Cvss()),
        published=one.published_date or "",
        links=(one.more_info_url or "", *one.resources),
    )


def _rating(cvss: _Cvss) -> Severity:
    """Score the vector; where a database has none, it may have the score and the word."""
    scored = read_vector(cvss.vector_string or "")
    try:
        score = float(cvss.base_score or 0)
    except ValueError:
        return scored
    word = (cvss.base_severity or "").lower()
    if scored.score is not None or word not in _WORDS or not 0 < score <= _HIGHEST:
        return scored
    return Severity(score, word, scored.vector)
