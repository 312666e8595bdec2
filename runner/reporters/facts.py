"""What machine-readable reports say of a vulnerability: names, weaknesses, links, severity."""

from __future__ import annotations

import re
from typing import Final

from runner.advisories.findings import Advisory, order
from runner.advisories.severity import Severity
from runner.advisories.vulnerabilities import Vulnerability

# RFC 3986: the characters of a URI, no others. What readers make of the rest is not foreseeable.
_LINK: Final = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9._~:/?#@!$&'()*+,;=%-]*")
_LONGEST_LINK: Final = 2048
_ID: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_WEAKNESS: Final = re.compile(r"CWE-(\d{1,6})")
_HOMES: Final = {
    "CVE-": ("CVE Program", "https://www.cve.org/CVERecord?id="),
    "GHSA-": ("GitHub Advisory Database", "https://github.com/advisories/"),
    "PYSEC-": ("Python Packaging Advisory Database", "https://osv.dev/vulnerability/"),
}
"""Who gives out ids, by how they begin (OSV schema, section "id, modified fields"), and where an id
is shown."""


def advisories(found: Vulnerability) -> tuple[Advisory, ...]:
    """Give what the sources say that call the component affected, in their order."""
    return tuple(one for finding in found.findings.values() for one in finding.advisories)


def aliases(found: Vulnerability) -> tuple[str, ...]:
    """Give its other names, in order."""
    return tuple(sorted(found.names - {found.id}, key=order))


def weaknesses(found: Vulnerability) -> tuple[int, ...]:
    """Give the numbers of its weaknesses: 79 for CWE-79."""
    matches = map(_WEAKNESS.fullmatch, found.cwe)
    return tuple(int(match[1]) for match in matches if match)


def links(found: Vulnerability) -> tuple[str, ...]:
    """Give its references that are web links, each once; others could be scripts or local files."""
    told = (url for one in advisories(found) for url in one.references)
    kept = (url for url in told if len(url) <= _LONGEST_LINK and _LINK.fullmatch(url))
    return tuple(dict.fromkeys(kept))


def home(name: str) -> tuple[str, str]:
    """Give who gave out an id, and its page; two empty texts where that is not known."""
    for prefix, (owner, address) in _HOMES.items():
        if name.startswith(prefix) and _ID.fullmatch(name):
            return owner, address + name
    return "", ""


def rated(severity: Severity) -> str:
    """Say how bad it is: ``critical, CVSS 9.8``, or ``unrated``."""
    return "unrated" if severity.score is None else f"{severity.word}, CVSS {severity.score}"
