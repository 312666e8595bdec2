"""Drift: places that repeat something else than the playbook's release."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from runner.model import Pin, Playbook
from runner.release import texts
from runner.release.formats import spots_of
from runner.release.spots import PinError, line_of
from runner.release.values import values_of


@dataclass(frozen=True)
class Place:
    """A place that repeats something of the release, or a pin whose place cannot be found."""

    file: str
    """Path relative to the repository."""
    format: str
    """The pin's format."""
    selector: str
    """What the pin looks for."""
    line: int = 0
    """Counted from 1; 0 where the place cannot be found."""
    has: str = ""
    """What stands there."""
    wants: str = ""
    """What should stand there."""
    problem: str = ""
    """Why it cannot be found, with file and line; empty where it was."""
    hint: str = ""
    """How to mend that."""

    @property
    def in_sync(self) -> bool:
        """Tell whether there stands what should."""
        return not self.problem and self.has == self.wants


def places_of(playbook: Playbook) -> tuple[Place, ...]:
    """Give every place of every pin, in the playbook's order; one bad pin hides no other."""
    return tuple(place for pin in playbook.pins for place in _places(playbook, pin))


def _places(playbook: Playbook, pin: Pin) -> Iterator[Place]:
    values = values_of(playbook.release)
    try:
        text = texts.read(_confined(Path(playbook.repository), pin), pin.file)
        spots = spots_of(text, pin)
    except PinError as error:
        yield Place(pin.file, pin.format, pin.selector, problem=error.message, hint=error.hint)
        return
    for spot in spots:
        yield Place(
            pin.file,
            pin.format,
            pin.selector,
            line_of(text, spot.start),
            spot.has(text),
            spot.wants(values),
        )


def _confined(repository: Path, pin: Pin) -> Path:
    """Give the pin's file; raises PinError where a symbolic link leads out of the repository."""
    file = repository / pin.file
    if not file.resolve().is_relative_to(repository.resolve()):
        raise PinError(
            f"{pin.file}: leads out of the repository", hint="pin the file itself, not a link"
        )
    return file
