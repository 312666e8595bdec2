"""``upstream``: where newer versions are looked for, and which may be recommended."""

from __future__ import annotations

from runner.model import Upstream
from runner.playbook.durations import AGE
from runner.playbook.shapes import Boolean, Field, Integer, Record, Text

_MOST_CANDIDATES = 50


_ADDRESS = Text(
    # Plain HTTP is for this machine alone: whoever sits between could hide a release.
    pattern=r"(?:https://|http://(?:localhost|127\.0\.0\.1)(?=[:/]))[^\s@#?\\/][^\s@#\\]*",
    expected="an address of the form https://host/path, without a user",
)
_REPOSITORY = Text(
    pattern=r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+",
    expected="a repository of the form owner/name",
)

UPSTREAM = Record(
    Upstream,
    (
        Field("releases", _ADDRESS, "feed of releases (Atom or RSS)"),
        Field("dependabot", _REPOSITORY, "repository whose Dependabot alerts are asked for"),
        Field("api", _ADDRESS, "GitHub's REST API (default: https://api.github.com)"),
        Field("min_age", AGE, "how long a version must have been published"),
        Field("prereleases", Boolean(), "whether a pre-release may be recommended"),
        Field(
            "candidates",
            Integer(1, _MOST_CANDIDATES),
            "how many versions are resolved and scanned at most (default: 5)",
        ),
    ),
)
"""Where newer versions are looked for."""
