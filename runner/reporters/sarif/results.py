"""A result of SARIF (section 3.27): one for each vulnerability of a component."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from urllib.parse import quote

from runner.advisories.vulnerabilities import Vulnerability
from runner.model import Place
from runner.reporters.facts import rated
from runner.reporters.sarif.rulings import Ruling
from runner.reporters.sarif.texts import message, short
from runner.reporters.text import one_line

ROOT = "%SRCROOT%"
"""The repository's folder, by the name that GitHub and Azure DevOps know it by."""


def result(one: Vulnerability, ruling: Ruling, number: int, place: Place) -> dict[str, object]:
    """Give the result of a vulnerability; ``number`` is that of its rule."""
    return {
        "ruleId": one_line(one.id),
        "ruleIndex": number,
        "level": ruling.level,
        "message": message(_sentence(one, ruling)),
        "locations": [_location(place)],
        "partialFingerprints": _fingerprints(one),
        **({"suppressions": [_suppression(ruling)]} if ruling.level == "note" else {}),
    }


def _sentence(one: Vulnerability, ruling: Ruling) -> str:
    fix = f"fixed in {one.fixed_in}" if one.fixed_in else "no fix named"
    why = ruling.reason or f"{rated(one.severity)}, {fix}"
    return f"{one.package} {one.version} has {one.id}: {why}."


def _suppression(ruling: Ruling) -> dict[str, object]:
    return {"kind": "external", "status": "accepted", "justification": short(ruling.reason)}


def _location(place: Place) -> dict[str, object]:
    # Without an end a region reaches to the end of its line (section 3.30.6).
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(place.file, errors="replace"), "uriBaseId": ROOT},
            "region": {"startLine": place.line, "startColumn": place.column},
        }
    }


def _fingerprints(one: Vulnerability) -> dict[str, str]:
    """Give what makes it the same result in another run: neither its version nor its line.

    The first is the only one that GitHub reads; ids are more lasting than sets of aliases, which
    grow. Both are of the package, for one flaw may be in several.
    """
    return {
        "primaryLocationLineHash": f"{_hash((one.package, one.id))}:1",
        "aliasSet/v1": _hash((one.package, *sorted(one.names))),
    }


def _hash(texts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(texts).encode("utf-8", "replace")).hexdigest()[:32]
