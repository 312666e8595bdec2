"""Locks in TOML: ``pylock.toml`` (PyPA specification "pylock.toml", PEP 751)."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec
from packaging.markers import Marker

from runner.advisories.inventory import Component
from runner.advisories.subjects.base import SubjectError, component
from runner.advisories.subjects.interpreter import Interpreter
from runner.advisories.subjects.pins import once, refuse

_NAME = re.compile(r"pylock(?:\.[^./]+)?\.toml")
"""Section "File Name"."""
_MAJOR = "1."
"""Section "lock-version": a reader of 1.0 may read every 1.x."""
_HINT = "lock published packages at versions: the project itself can be left out of the lock"


class _Package(msgspec.Struct, frozen=True):
    name: str
    version: str = ""
    marker: str = ""


class _Lock(msgspec.Struct, frozen=True, rename="kebab"):
    lock_version: str
    packages: tuple[_Package, ...]
    default_groups: frozenset[str] = frozenset()


def is_pylock(file: str) -> bool:
    """Say whether a path has the name of such a lock."""
    return _NAME.fullmatch(file.rpartition("/")[2]) is not None


def read_pylock(data: bytes, file: str, python: Interpreter) -> tuple[Component, ...]:
    """Give the packages that a default installation takes, without extras; raises SubjectError."""
    try:
        lock = msgspec.toml.decode(data, type=_Lock)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        message = f"{file} is no pylock.toml: {error}"
        raise SubjectError(message, hint="lock anew; the file is cut, or another tool's") from error
    if not lock.lock_version.startswith(_MAJOR):
        message = f"{file} has lock-version {lock.lock_version!r}"
        raise SubjectError(message, hint="lock with version 1.0 of the format")
    problems: list[str] = []
    found = tuple(_chosen(lock, file, python, problems))
    refuse(problems, _HINT)
    return once(found, hint=_HINT)


def _chosen(
    lock: _Lock, file: str, python: Interpreter, problems: list[str]
) -> Iterator[tuple[str, Component]]:
    for one in lock.packages:
        place = f"{file}: {one.name[:80]!r}"
        try:
            marker = Marker(one.marker) if one.marker else None
            if python.holds_in_lock(marker, lock.default_groups):
                yield place, component(one.name, one.version)
        except ValueError as error:
            first = str(error).partition("\n")[0]  # packaging draws the place below
            problems.append(f"{place}: {first}")
