"""Read a lock: a pip requirements file in which one logical line is one dependency.

The format is pip's "Requirements File Format"; the locks here are written by ``uv pip compile``.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from pathlib import Path

#: pip ignores what follows a ``#`` at a line's start or after white space.
COMMENT = re.compile(r"(^|\s+)#.*$")
#: pip's options for one requirement, e.g. ``--hash=sha256:…``.
OPTION = re.compile(r"\s--(?P<name>[a-z-]+)[= ](?P<value>\S+)")


class AuditError(Exception):
    """The audit could not be made.

    ``hint`` says what to do about it.
    """

    def __init__(self, message: str, hint: str) -> None:
        """Keep the hint beside the message."""
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True)
class Locked:
    """One dependency of a lock."""

    name: str
    """Normalised as in PEP 503."""
    version: str | None
    """None when the lock does not pin one exact version."""
    hashes: int
    """How many hashes pip may accept."""
    marker: str | None
    """The environment marker (PEP 508), as text."""
    applies: bool
    """Whether the marker holds in this environment."""


@dataclass(frozen=True)
class Lock:
    """A lock file, read."""

    sha256: str
    """Of the file's bytes, in hexadecimal."""
    dependencies: tuple[Locked, ...]
    """In the order of name, then marker; at least one."""


def read_lock(path: Path) -> Lock:
    """Read the lock at ``path``; AuditError when it cannot be read, is invalid or is empty."""
    try:
        content = path.read_bytes()
        text = content.decode()
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the lock {path}: {error}"
        raise AuditError(message, "name the lock with --requirements FILE") from error
    dependencies = [parse_line(line, path) for line in logical_lines(text)]
    if not dependencies:
        message = f"the lock {path} holds no dependency"
        raise AuditError(message, "compile the lock anew; its first lines say how")
    dependencies.sort(key=lambda item: (item.name, item.marker or ""))
    return Lock(hashlib.sha256(content).hexdigest(), tuple(dependencies))


def logical_lines(text: str) -> list[str]:
    """Join continued lines; leave out comments and blank lines."""
    lines = (COMMENT.sub("", line) for line in text.replace("\\\n", " ").splitlines())
    return [line.strip() for line in lines if line.strip()]


def parse_line(line: str, path: Path) -> Locked:
    """Parse ``name==version ; marker --hash=…``; AuditError when it is no requirement."""
    options = [match["name"] for match in OPTION.finditer(line)]
    try:
        requirement = Requirement(OPTION.sub("", line).strip())
    except InvalidRequirement as error:
        message = f"{path}: not a requirement: {line!r}"
        raise AuditError(message, "a lock names one package a line, as name==version") from error
    return Locked(
        name=canonicalize_name(requirement.name),
        version=exact_version(requirement),
        hashes=options.count("hash"),
        marker=str(requirement.marker) if requirement.marker else None,
        applies=requirement.marker is None or requirement.marker.evaluate(),
    )


def exact_version(requirement: Requirement) -> str | None:
    """Return the one version that the requirement allows, if it is one ``==`` without ``*``."""
    specifiers = list(requirement.specifier)
    if len(specifiers) == 1 and specifiers[0].operator == "==" and "*" not in specifiers[0].version:
        return specifiers[0].version
    return None
