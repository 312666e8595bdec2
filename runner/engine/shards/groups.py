"""What must stay on one machine: checks that need each other, or share something that is there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.model import Check

_RECORDING = frozenset({"advisories", "database", "image"})
"""Kinds whose steps read what an earlier step of the kind has recorded in the dossier itself: the
scan after an upgrade looks for the one before."""


def groups(checks: Sequence[Check]) -> tuple[tuple[int, ...], ...]:
    """Give groups of places in ``checks``, each in order, ordered by their first.

    Together stay a check and those that it needs, checks with a service in common, which is
    started once, and those that look into the same dossier.
    """
    leader = list(range(len(checks)))

    def find(place: int) -> int:
        while leader[place] != place:
            leader[place] = leader[leader[place]]
            place = leader[place]
        return place

    first: dict[str, int] = {}
    for place, check in enumerate(checks):
        for bond in _bonds(check):
            one, other = sorted((find(first.setdefault(bond, place)), find(place)))
            leader[other] = one  # the earlier leads, so that groups are ordered by their first
    found: dict[int, list[int]] = {}
    for place in range(len(checks)):
        found.setdefault(find(place), []).append(place)
    return tuple(map(tuple, found.values()))


def _bonds(check: Check) -> Iterator[str]:
    """Name what a check has in common with others; a need that is not selected binds nobody."""
    yield f"check {check.id}"
    yield from (f"check {need}" for need in check.needs)
    yield from (f"service {name}" for name in check.services)
    yield from (f"kind {step.kind}" for step in check.steps if step.kind in _RECORDING)
