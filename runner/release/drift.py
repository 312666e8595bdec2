"""Drift: places that repeat something else than the playbook's release."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from runner.model import Pin, Playbook
from runner.model.standing import PinPlace
from runner.release import texts
from runner.release.formats import spots_of
from runner.release.spots import PinError, line_of
from runner.release.values import values_of


def places_of(playbook: Playbook) -> tuple[PinPlace, ...]:
    """Give every place of every pin, in the playbook's order; one bad pin hides no other."""
    return tuple(place for pin in playbook.pins for place in _places(playbook, pin))


def _places(playbook: Playbook, pin: Pin) -> Iterator[PinPlace]:
    values = values_of(playbook.release)
    try:
        text = texts.read(_confined(Path(playbook.repository), pin), pin.file)
        spots = spots_of(text, pin)
    except PinError as error:
        yield PinPlace(
            pin.file,
            pin.format,
            pin.selector,
            in_sync=False,
            problem=error.message,
            hint=error.hint,
        )
        return
    for spot in spots:
        has, wants = spot.has(text), spot.wants(values)
        yield PinPlace(
            pin.file,
            pin.format,
            pin.selector,
            in_sync=has == wants,
            line=line_of(text, spot.start),
            has=has,
            wants=wants,
        )


def _confined(repository: Path, pin: Pin) -> Path:
    """Give the pin's file; raises PinError where a symbolic link leads out of the repository."""
    file = repository / pin.file
    if not file.resolve().is_relative_to(repository.resolve()):
        raise PinError(
            f"{pin.file}: leads out of the repository", hint="pin the file itself, not a link"
        )
    return file
