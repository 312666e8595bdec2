"""``upstream``: where newer versions are looked for, and which may be recommended."""

from __future__ import annotations

from runner.model import Upstream
from runner.playbook.shapes import Boolean, Convert, Field, Integer, Record, Text

_UNITS = {"d": 86400.0, "h": 3600.0}
_MOST_CANDIDATES = 50


def _age(text: str) -> float:
    return int(text[:-1]) * _UNITS[text[-1]]


_ADDRESS = Text(
    # Plain HTTP is for this machine alone: whoever sits between could hide a release.
    pattern=r"(?:https://|http://(?:localhost|127\.0\.0\.1)(?=[:/]))[^\s@#?\\/][^\s@#\\]*",
    expected="an address of the form https://host/path, without a user",
)
_REPOSITORY = Text(
    pattern=r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+",
    expected="a repository of the form owner/name",
)
_AGE = Convert(Text(pattern="[0-9]{1,4}[dh]", expected="days or hours like 7d or 36h"), _age)

UPSTREAM = Record(
    Upstream,
    (
        Field("releases", _ADDRESS, "feed of releases (Atom or RSS)"),
        Field("dependabot", _REPOSITORY, "repository whose Dependabot alerts are asked for"),
        Field("api", _ADDRESS, "GitHub's REST API (default: https://api.github.com)"),
        Field("min_age", _AGE, "how long a version must have been published"),
        Field("prereleases", Boolean(), "whether a pre-release may be recommended"),
        Field(
            "candidates",
            Integer(1, _MOST_CANDIDATES),
            "how many versions are resolved and scanned at most (default: 5)",
        ),
    ),
)
"""Where newer versions are looked for."""
