"""``environment``: what is installed for an interpreter; held against a lock where one is named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import SubjectError, component, listing
from runner.advisories.subjects.interpreter import Distribution, installed, interpreter
from runner.advisories.subjects.lock import Lock
from runner.advisories.subjects.pins import refuse
from runner.advisories.versions import public

_INSTALLERS = frozenset({"pip", "setuptools", "wheel"})
"""What a virtual environment may be born with; no lock has to name it."""
_BROKEN = "what is installed there cannot be told; make the environment anew from its lock"


@dataclass(frozen=True)
class Environment:
    """The packages of an interpreter, editable and local ones too."""

    python: str = "python"
    """The interpreter: a name on the PATH, or a path."""
    lock: str = ""
    """Path of the release's lock in the repository; where named, exactly it must be installed."""

    def describe(self) -> str:
        """Say what would be read."""
        held = f", held against {self.lock}" if self.lock else ""
        return f"{self._subject}{held}"

    def inventory(self, door: Door, base: str = "") -> Inventory:
        """List what is installed; at a git ref, what the lock says there. Raises SubjectError."""
        if base:
            return self._before(door, base)
        target = interpreter(self.python, door)
        found = components(installed(self.python, door), door)
        if self.lock:
            compare(self._subject, Lock(self.lock, self.python).inventory(door), found)
        return listing(self._subject, "environment", found, python=target.version)

    @property
    def _subject(self) -> str:
        return f"the environment of {self.python}"

    def _before(self, door: Door, base: str) -> Inventory:
        if not self.lock:
            raise SubjectError(
                f"{self._subject} is not part of {base}: only files are",
                hint="name its lock under 'lock', or leave the base out",
            )
        return Lock(self.lock, self.python).inventory(door, base)


def components(found: Iterable[Distribution], door: Door) -> tuple[Component, ...]:
    """Take for each name the first, which is the one that is imported; tell the others."""
    first: dict[str, tuple[Component, str]] = {}
    problems: list[str] = []
    for one in found:
        try:
            this = component(one.name, one.version)
        except ValueError as error:
            problems.append(f"{one.folder}: a package cannot be told: {error}")
            continue
        other, folder = first.setdefault(this.name, (this, one.folder))
        told = f"{this.name} is {other.version} in {folder}, and {this.version} in {one.folder}"
        if other.parsed == this.parsed:
            continue
        if folder == one.folder:
            problems.append(told)
        else:
            door.log(f"{told}, which is hidden\n")
    refuse(problems, _BROKEN)
    return tuple(this for this, _ in first.values())


def compare(subject: str, lock: Inventory, found: Iterable[Component]) -> None:
    """Raise SubjectError where something else is installed than a lock says."""
    differences = list(_differences(lock, {one.name: one for one in found}))
    if differences:
        raise SubjectError(
            f"the scanned subject is not the release's: {subject} is not {lock.subject}: "
            + "; ".join(differences),
            hint=f"install exactly the lock, or scan it: lock: {lock.subject}",
        )


def _differences(lock: Inventory, found: dict[str, Component]) -> Iterator[str]:
    for want in lock.components:
        have = found.get(want.name)
        if have is None:
            yield f"{want.name} {want.version} is not installed"
        # A pin without local part means every build of the version (PEP 440, "Version matching").
        elif want.parsed not in {have.parsed, public(have.parsed)}:
            yield f"{want.name} is {have.version}, locked {want.version}"
    for name in sorted(found.keys() - lock.versions.keys() - _INSTALLERS):
        yield f"{name} {found[name].version} is not locked"
