"""Affected versions as PEP 440 specifiers, and back: what safety's databases and reports speak.

A specifier leaves pre-releases out unless it names one (PEP 440, section "Handling of
pre-releases"), and ``<3.7`` leaves out those of 3.7 in any case (section "Exclusive ordered
comparison"). An advisory does not, so that both have to be said here on purpose.
"""

from __future__ import annotations

from collections.abc import Collection

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import Version

from runner.advisories.versions import Interval, Word

FIRST = Version("0.dev0")
"""No version comes before it; as it is a pre-release, naming it lets all pre-releases in."""
_READ = frozenset((">=", ">", "<=", "<", "!="))


def from_interval(interval: Interval) -> str:
    """Write an interval as a specifier that holds the same versions.

    Raises ValueError for a bound with a local part, which no ordered comparison may have.
    """
    for bound in (interval.start, interval.end):
        if bound is not None and bound.local is not None:
            raise ValueError(f"{bound} has a local part, and cannot bound a range in PEP 440")
    parts = [f">={FIRST}"]
    if interval.start is not None:
        parts.append(f">={interval.start}")
    if interval.end is not None:
        parts.append(f"<={interval.end}")
        if interval.ends_by is not Word.LAST_AFFECTED:
            parts.append(f"!={interval.end}")
    return ",".join(parts)


def to_affected(text: str, fixed: Collection[Version]) -> Interval | Version | None:
    """Read a specifier: an interval, a single version, or None where it is neither of them.

    An open end counts as a fix only where it is among the ``fixed`` versions; otherwise the range
    merely stops there. A start that is left out (``>1.0``) is taken in.
    """
    try:
        said = [(one.operator, one.version) for one in SpecifierSet(text)]
        if len(said) == 1 and said[0][0] == "==" and not said[0][1].endswith("*"):
            return Version(said[0][1])
        if not said or any(word not in _READ or "*" in version for word, version in said):
            return None
        bounds = {(word, Version(version)) for word, version in said}
    except InvalidSpecifier:
        return None
    return _interval(bounds, fixed)


def _interval(bounds: set[tuple[str, Version]], fixed: Collection[Version]) -> Interval | None:
    holes = {version for word, version in bounds if word == "!="}
    start = max((version for word, version in bounds if word in {">=", ">"}), default=FIRST)
    # At one version, the end that leaves it out is the nearer one.
    ends = [(version, word == "<=") for word, version in bounds if word in {"<=", "<"}]
    end, inclusive = min(ends, default=(None, False))
    if end is not None and end in holes:
        holes, inclusive = holes - {end}, False
    if holes or (end is not None and start > end):
        return None
    beginning = None if start == FIRST else start
    if end is None:
        return Interval(beginning, None, None)
    if inclusive:
        return Interval(beginning, end, Word.LAST_AFFECTED)
    return Interval(beginning, end, Word.FIXED if end in fixed else Word.LIMIT)
