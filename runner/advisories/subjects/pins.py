"""Entries that pin: each is one package at one exact version."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement

from runner.advisories.inventory import Component
from runner.advisories.subjects.base import SubjectError, component
from runner.advisories.subjects.interpreter import Interpreter
from runner.advisories.subjects.lines import Line

_NAMED = 5
"""Entries that an error names; the others are counted."""
_SHOWN = 120
"""Characters of an entry in an error."""
_EXACT = ("==", "===")


def pinned(lines: Iterable[Line], python: Interpreter, *, hint: str) -> tuple[Component, ...]:
    """Give the packages whose markers hold for an interpreter, each once, in no order.

    Raises SubjectError that names every entry which is not exact, and every package that stands at
    two versions.
    """
    found: list[tuple[str, Component]] = []
    problems: list[str] = []
    for line in lines:
        try:
            if (one := _pin(line.text, python)) is not None:
                found.append((line.place, one))
        except ValueError as error:
            problems.append(f"{line.place}: {line.text[:_SHOWN]!r} {error}")
    refuse(problems, hint)
    return once(found, hint=hint)


def published(text: str) -> Requirement:
    """Read an entry that asks an index for a package; raises ValueError for any other."""
    if text.startswith("-e "):
        raise ValueError("is editable: its version is whatever its folder says")
    try:
        entry = Requirement(text)
    except InvalidRequirement:
        raise ValueError("is no requirement (PEP 508)") from None
    if entry.url is not None:
        raise ValueError("is an address: it does not say which version is there")
    return entry


def once(found: Iterable[tuple[str, Component]], *, hint: str) -> tuple[Component, ...]:
    """Give each package once; raises SubjectError where one stands at two versions.

    Each comes with its place, for the error.
    """
    first: dict[str, tuple[str, Component]] = {}
    problems = []
    for place, one in found:
        where, other = first.setdefault(one.name, (place, one))
        if other.parsed != one.parsed:
            told = f"{one.name} is {one.version} here and {other.version} at {where}"
            problems.append(f"{place}: {told}")
    refuse(problems, hint)
    return tuple(one for _, one in first.values())


def refuse(problems: list[str], hint: str) -> None:
    """Raise SubjectError where there are problems, which begin with their place."""
    if not problems:
        return
    more = f"; and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
    raise SubjectError("; ".join(problems[:_NAMED]) + more, hint=hint)


def _pin(text: str, python: Interpreter) -> Component | None:
    """Read an entry, None where its marker does not hold; the ValueError goes on from it."""
    entry = published(text)
    exact = [one for one in entry.specifier if one.operator in _EXACT]
    if len(entry.specifier) != 1 or not exact or exact[0].version.endswith(".*"):
        raise ValueError("is not pinned to one exact version (name==1.2.3)")
    found = component(entry.name, exact[0].version)
    return found if python.holds(entry.marker) else None
