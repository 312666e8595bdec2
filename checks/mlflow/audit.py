"""Audit a lock against the environment that runs the audit.

The result is a deterministic document: the same lock in the same environment gives the same bytes.
"""

from __future__ import annotations

import json
import platform
import sys
from dataclasses import dataclass
from importlib.metadata import Distribution, distributions
from typing import TYPE_CHECKING

from licences import UNKNOWN, licence_of
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from locked import Lock, Locked

#: Raised when the document's shape changes.
SCHEMA = "upgrade-runner/sample-audit/1"

#: What can be said of one dependency in this environment.
INSTALLED, OTHER_VERSION, MISSING, NOT_APPLICABLE = (
    "installed",
    "other_version",
    "missing",
    "not_applicable",
)


@dataclass(frozen=True)
class Entry:
    """One dependency as it is locked and as it is installed."""

    locked: Locked
    state: str
    """``installed`` (at the locked version), or another of the four above."""
    found: str | None
    """The installed version; None where there is none."""
    licence: str | None
    """An SPDX expression or ``unknown``; None where nothing is installed that could tell."""


@dataclass(frozen=True)
class Audit:
    """Everything that the audit found."""

    lock_name: str
    """The lock's path as it was given."""
    lock_sha256: str
    """Of the lock's bytes, in hexadecimal."""
    entries: tuple[Entry, ...]
    """In the lock's order."""

    def count(self, state: str) -> int:
        """Count the dependencies in one state."""
        return sum(entry.state == state for entry in self.entries)


def make_audit(lock_name: str, lock: Lock) -> Audit:
    """Compare every dependency of the lock with what is installed."""
    installed = installed_distributions()
    entries = tuple(examine(item, installed.get(item.name)) for item in lock.dependencies)
    return Audit(lock_name, lock.sha256, entries)


def installed_distributions() -> Mapping[str, Distribution]:
    """Map normalised names to distributions; the first on ``sys.path`` is what is imported."""
    found: dict[str, Distribution] = {}
    for distribution in distributions():
        # A damaged installation may leave metadata without a name.
        for name in distribution.metadata.get_all("Name") or []:
            found.setdefault(canonicalize_name(name), distribution)
    return found


def examine(locked: Locked, distribution: Distribution | None) -> Entry:
    """Say how one dependency is installed."""
    if not locked.applies:
        return Entry(locked, NOT_APPLICABLE, None, None)
    if distribution is None:
        return Entry(locked, MISSING, None, None)
    state = INSTALLED if distribution.version == locked.version else OTHER_VERSION
    return Entry(locked, state, distribution.version, licence_of(distribution.metadata))


def parameters(audit: Audit) -> dict[str, str]:
    """Say what was audited, and where."""
    return {
        "lock": audit.lock_name,
        "lock_sha256": audit.lock_sha256,
        "platform": sys.platform,
        "python": platform.python_version(),
    }


def metrics(audit: Audit) -> dict[str, float]:
    """Count what was found."""
    counts = {
        "dependencies": len(audit.entries),
        "pinned": sum(entry.locked.version is not None for entry in audit.entries),
        "hashed": sum(entry.locked.hashes > 0 for entry in audit.entries),
        "licences_unknown": sum(entry.licence == UNKNOWN for entry in audit.entries),
    }
    counts |= {state: audit.count(state) for state in (INSTALLED, OTHER_VERSION, MISSING)}
    counts[NOT_APPLICABLE] = audit.count(NOT_APPLICABLE)
    return {name: float(value) for name, value in counts.items()}


def problems(audit: Audit, *, require_installed: bool) -> list[str]:
    """Tell what is wrong with the lock and, if asked, with the environment: expected and actual."""
    found: list[str] = []
    for entry in audit.entries:
        locked = entry.locked
        if locked.version is None:
            found.append(f"{locked.name}: expected one exact version (==), the lock pins none")
        if not locked.hashes:
            found.append(f"{locked.name}: expected at least one hash, the lock has none")
        if require_installed and entry.state in {OTHER_VERSION, MISSING}:
            actual = entry.found or "nothing"
            found.append(f"{locked.name}: expected {locked.version} installed, actual: {actual}")
    return found


def release_problem(audit: Audit, package: str, version: str) -> str | None:
    """Tell if the lock does not pin the package under release at the version under release."""
    name = canonicalize_name(package)
    pinned = {entry.locked.version for entry in audit.entries if entry.locked.name == name}
    if pinned == {version}:
        return None
    actual = ", ".join(sorted(str(item) for item in pinned)) or "absent"
    return f"{name}: expected {version} (the release) in the lock, actual: {actual}"


def document(audit: Audit) -> bytes:
    """Render the audit as JSON: UTF-8, sorted keys, a line end at the end."""
    content = {
        "schema": SCHEMA,
        "parameters": parameters(audit),
        "metrics": metrics(audit),
        "licences": tally(entry.licence for entry in audit.entries if entry.licence),
        "dependencies": [describe(entry) for entry in audit.entries],
    }
    return (json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode()


def tally(values: Iterable[str]) -> dict[str, int]:
    """Count equal values."""
    counts: dict[str, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    return counts


def describe(entry: Entry) -> dict[str, str | int | None]:
    """Render one dependency."""
    return {
        "name": entry.locked.name,
        "locked": entry.locked.version,
        "hashes": entry.locked.hashes,
        "marker": entry.locked.marker,
        "state": entry.state,
        "installed": entry.found,
        "licence": entry.licence,
    }
