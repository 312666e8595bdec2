"""``locks/outdated.json``: for which packages a newer version could be installed.

An answer that could not be had is a document too, with the reason and without a list: an empty
list says that all is current.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

from runner.advisories.inventory import Component, Inventory
from runner.advisories.locks.steps import Step, step
from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import SubjectError, answer, component
from runner.advisories.subjects.interpreter import Interpreter, interpreter
from runner.advisories.subjects.resolver import resolve, resolver

_PATIENCE = 300.0
"""Seconds for pip, which asks for one package after the other: 90 of them take about 20."""
_PIP = (
    "-I", "-m", "pip", "list", "--format", "json", "--no-input", "--disable-pip-version-check",
    "--retries", "1",
)  # fmt: skip
_HINT = "let this machine reach the package index that pip is set up for"


@dataclass(frozen=True)
class Late:
    """A package of which there is a newer version."""

    name: str
    """Normalised (PEP 503)."""
    version: str
    """The version that is there, normalised (PEP 440)."""
    latest: str
    """The newest final one that can be installed for the interpreter."""
    by: Step
    """The first number that differs."""


@dataclass(frozen=True)
class Outdated:
    """What is outdated, or why that is not known."""

    subject: str
    """Whose packages were looked at."""
    method: str
    """How the newest versions were found."""
    python: str
    """Version of the interpreter that they fit; empty if unknown."""
    reason: str = ""
    """Why there is no answer; empty where there is one."""
    current: int | None = None
    """How many packages are at the newest version, or beyond; null without an answer."""
    outdated: tuple[Late, ...] | None = None
    """The others, ordered by name; null without an answer."""
    unknown: tuple[str, ...] = ()
    """Packages that no index knows, or only at older versions."""
    format: Literal["upgrade-runner/outdated/1"] = "upgrade-runner/outdated/1"
    """Its number changes when a reader would have to."""


@dataclass(frozen=True)
class _Row:
    """A row of ``pip list --format json``; only outdated ones come with another version."""

    name: str
    version: str
    latest_version: str = ""


def outdated(inventory: Inventory, door: Door, python: str = "python") -> bytes:
    """Give the document of an inventory, as JSON; the interpreter is that of its subject.

    An environment's own pip is asked first. Where it is not there, and for files, every package is
    resolved by itself.
    """
    ways = (_by_list, _by_resolver) if inventory.method == "environment" else (_by_resolver,)
    reasons: list[str] = []
    for way in ways:
        try:
            return _encode(way(inventory, door, python))
        except SubjectError as error:
            reasons.append(error.message)
    nothing = Outdated(inventory.subject, "none", inventory.python, reason="; ".join(reasons))
    return _encode(nothing)


def schema() -> dict[str, object]:
    """Give the JSON Schema (draft 2020-12) of ``outdated.json``, made from the types themselves."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:upgrade-runner:outdated:1",
        "title": "Packages of which there is a newer version",
        **msgspec.json.schema(Outdated),
    }


def _encode(found: Outdated) -> bytes:
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


def _by_list(inventory: Inventory, door: Door, python: str) -> Outdated:
    """Ask pip for both halves, for a package that it finds in no index is in neither of them.

    With no index in reach it says ``[]`` to both, and ends with exit code 0 (pip 23 to 25).
    """
    target = interpreter(python, door)
    newest = {
        one.name: one
        for half in ("--outdated", "--uptodate")
        for one in _listed(half, target, door)
        if one.name in inventory.versions
    }
    if not newest:
        raise SubjectError("pip finds none of the packages in an index", hint=_HINT)
    return _held("pip list --outdated, --uptodate", inventory, target, newest)


def _by_resolver(inventory: Inventory, door: Door, python: str) -> Outdated:
    """Resolve each package by itself: all of them are found, or there is no answer."""
    target = interpreter(python, door)
    wishes = Path(tempfile.mkdtemp(prefix="newest-", dir=door.scratch)) / "packages.txt"
    wishes.write_text("\n".join(inventory.versions), encoding="ascii")
    found = resolve(wishes, target, door, dependencies=False)
    method = f"newest wheel of each package by itself, by {resolver(door)}"
    return _held(method, inventory, target, {one.name: one for one in found})


def _listed(half: str, target: Interpreter, door: Door) -> Iterator[Component]:
    printed = answer(
        door,
        (target.executable, *_PIP, half),
        trouble=f"pip list {half} has no answer",
        hint=_HINT,
        timeout=_PATIENCE,
    )
    try:
        for row in msgspec.json.decode(printed, type=tuple[_Row, ...]):
            yield component(row.name, row.latest_version or row.version)
    except (ValueError, msgspec.DecodeError) as error:
        raise SubjectError(f"the answer of pip list {half} cannot be read: {error}") from error


def _held(
    method: str, inventory: Inventory, target: Interpreter, newest: Mapping[str, Component]
) -> Outdated:
    known = [(one, newest[one.name]) for one in inventory.components if one.name in newest]
    late = tuple(
        Late(one.name, one.version, last.version, step(one.parsed, last.parsed))
        for one, last in known
        if last.parsed > one.parsed
    )
    return Outdated(
        inventory.subject,
        method,
        target.version,
        current=len(known) - len(late),
        outdated=late,
        unknown=tuple(name for name in inventory.versions if name not in newest),
    )
