"""The interpreter that a release runs under: what holds for it, and what is installed for it."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import msgspec
from packaging.markers import (
    Marker,
    UndefinedComparison,
    UndefinedEnvironmentName,
    default_environment,
)

from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import SubjectError, answer

_PROBE = Path(__file__).with_name("probe.py")
BESIDE = (str(_PROBE),)
"""How an interpreter of this machine is given the probe: as a file."""
_PATIENCE = 60.0
"""Seconds; an interpreter starts in less than one, also from a cold disk."""
_HINT = (
    "name a Python 3.8 or newer under 'python': one on the PATH, or its path; "
    "it is the one that the release runs under"
)
_T = TypeVar("_T")


@dataclass(frozen=True)
class Interpreter:
    """A Python that has answered."""

    executable: str
    """Its absolute path: the one behind a link of version managers."""
    markers: Mapping[str, str]
    """Every environment marker by name (PyPA specification "Dependency specifiers")."""

    @property
    def version(self) -> str:
        """Give major and minor: ``3.11``."""
        return self.markers["python_version"]

    @property
    def full_version(self) -> str:
        """Give all of it: ``3.11.7``."""
        return self.markers["python_full_version"]

    def holds(self, marker: Marker | None) -> bool:
        """Say whether a marker of a requirement holds; raises ValueError where it has no sense."""
        return self._holds(marker, {}, "metadata")

    def holds_in_lock(self, marker: Marker | None, groups: AbstractSet[str]) -> bool:
        """Say the same of a marker of PEP 751, with groups chosen and without extras."""
        return self._holds(marker, {"dependency_groups": groups}, "lock_file")

    def _holds(
        self,
        marker: Marker | None,
        more: Mapping[str, AbstractSet[str]],
        context: Literal["metadata", "lock_file"],
    ) -> bool:
        try:
            return marker is None or marker.evaluate({**self.markers, **more}, context)
        except (UndefinedComparison, UndefinedEnvironmentName) as error:
            raise ValueError(f"has a marker without sense: {error}") from error


@dataclass(frozen=True)
class Distribution:
    """A package as it is installed."""

    name: str
    """As its metadata has it; empty where they cannot be read."""
    version: str
    """The same."""
    folder: str
    """Where it was found."""


@dataclass(frozen=True)
class _Markers:
    executable: str
    markers: dict[str, str]


@dataclass(frozen=True)
class _Installed:
    installed: tuple[Distribution, ...]


def carried() -> tuple[str, str]:
    """Give how an interpreter that sees no file of this machine is given the probe."""
    return "-c", _PROBE.read_text(encoding="utf-8")


def interpreter(python: str, door: Door, probe: tuple[str, ...] = BESIDE) -> Interpreter:
    """Ask an interpreter, a name on the PATH or a path, what it is; raises SubjectError."""
    # Without `site` nothing that is installed there can take part in the answer.
    told = _ask((python, "-I", "-S", *probe, "markers"), door, _Markers)
    if missing := default_environment().keys() - told.markers.keys():
        raise _strange(python, f"it does not tell {', '.join(sorted(missing))}")
    return Interpreter(told.executable, told.markers)


def installed(python: str, door: Door, probe: tuple[str, ...] = BESIDE) -> tuple[Distribution, ...]:
    """List all that is installed for an interpreter, in the order of its path.

    Raises SubjectError.
    """
    return _ask((python, "-I", *probe, "installed"), door, _Installed).installed


def _ask(argv: tuple[str, ...], door: Door, shape: type[_T]) -> _T:
    python = argv[0]
    printed = answer(
        door,
        argv,
        trouble=f"the interpreter {python!r} does not answer",
        hint=_HINT,
        timeout=_PATIENCE,
    )
    try:
        # What start-up files of its environment print comes before.
        return msgspec.json.decode(printed.rstrip().rpartition(b"\n")[2], type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _strange(python, str(error)) from error


def _strange(python: str, detail: str) -> SubjectError:
    return SubjectError(f"{python!r} does not answer as a Python does: {detail}", hint=_HINT)
