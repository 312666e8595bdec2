"""A rule of SARIF (section 3.49, ``reportingDescriptor``): one for each vulnerability's id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from runner.advisories.severity import Severity, worst
from runner.advisories.vulnerabilities import Vulnerability
from runner.reporters.facts import aliases, home, links, rated, weaknesses
from runner.reporters.sarif.texts import marked, short
from runner.reporters.text import one_line

_MOST_TAGS = 10
"""Tags that GitHub keeps of a rule."""
_MOST_LINKS = 20
"""Links that are told; a record may have any number."""
_PARAGRAPH = "\n\n"


def rule(name: str, group: Sequence[Vulnerability]) -> dict[str, object]:
    """Give the rule of an id, which may affect several packages."""
    severity = worst(one.severity for one in group)
    packages = ", ".join(one.package for one in group)
    facts = [fact for one in group for fact in _facts(one)]
    found = [*dict.fromkeys(link for one in group for link in links(one))][:_MOST_LINKS]
    page = home(name)[1] or next(iter(found), "")
    return {
        "id": one_line(name),
        "shortDescription": {"text": short(f"{name} ({rated(severity)}) in {packages}")},
        "fullDescription": {"text": short(" ".join(facts))},
        "help": {
            "text": _PARAGRAPH.join([*map(short, facts), *found]),
            "markdown": _PARAGRAPH.join([*map(marked, facts), *(f"<{one}>" for one in found)]),
        },
        **({"helpUri": page} if page else {}),
        "properties": {"tags": _tags(group), "precision": "high", **_score(severity)},
    }


def _facts(one: Vulnerability) -> Iterator[str]:
    also = f", also known as {', '.join(aliases(one))}" if aliases(one) else ""
    yield f"{one.package} {one.version} is affected{also}."
    vector = f" ({one.severity.vector})" if one.severity.vector else ""
    yield f"Severity: {rated(one.severity)}{vector}."
    if one.cwe:
        yield f"Weaknesses: {', '.join(one.cwe)}."
    named = ", ".join(one.fixed_versions)
    yield f"Fixed in {named}." if named else "No source names a version that fixes it."
    if one.silent:
        yield f"Not told of by {', '.join(one.silent)}."


def _tags(group: Iterable[Vulnerability]) -> list[str]:
    """Give the tags; weaknesses as CodeQL writes them, so that one filter finds both."""
    numbers = sorted({number for one in group for number in weaknesses(one)})
    return ["security", *(f"external/cwe/cwe-{number:03}" for number in numbers)][:_MOST_TAGS]


def _score(severity: Severity) -> dict[str, object]:
    """Give the score by which GitHub ranks; it takes none that is not above zero."""
    return {"security-severity": str(severity.score)} if severity.score else {}
