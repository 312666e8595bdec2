"""What a subject is: the contract for ``lock``, ``requirements``, ``environment`` and ``image``.

A subject gives the whole list of packages that a scan must look at, or raises `SubjectError`. It
never passes over what it could not read: a package that is not on the list is not scanned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from runner.advisories.inventory import Component, Inventory, Method
from runner.advisories.sources.base import Door, SourceError
from runner.advisories.tools import last_words
from runner.advisories.versions import package_name, parse_version
from runner.errors import RunnerError


class SubjectError(RunnerError):
    """A list of packages that cannot be come by, or is not the release's."""


class Subject(Protocol):
    """Something with packages in it, set up by the playbook or the command line."""

    def describe(self) -> str:
        """Say on one line what would be read."""

    def inventory(self, door: Door, base: str = "") -> Inventory:
        """List its packages, as they are now or as they are at a git ref; raises SubjectError."""


def answer(
    door: Door,
    argv: tuple[str, ...],
    *,
    trouble: str,
    hint: str,
    env: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> bytes:
    """Give what a process prints; raises SubjectError where it does not end with exit code 0.

    The error says the trouble and the process's last words.
    """
    try:
        ended = door.run(argv, env=env, timeout=timeout)
    except SourceError as error:
        raise SubjectError(f"{trouble}: {error.message}", hint=hint) from error
    if ended.exit_code:
        raise SubjectError(f"{trouble}: {last_words(ended)}", hint=hint)
    return ended.stdout


def component(name: str, version: str) -> Component:
    """Make a component of a name and a version as written; raises ValueError that names either."""
    return Component(package_name(name), str(parse_version(version)))


def listing(
    subject: str,
    method: Method,
    components: Iterable[Component],
    *,
    python: str = "",
    origin: str = "",
) -> Inventory:
    """Make an inventory in order; raises SubjectError where it would be empty."""
    found = tuple(sorted(components, key=lambda one: one.name))
    if not found:
        raise SubjectError(
            f"{subject} names no package at all",
            hint="nothing can be said of an empty list; is it the right one?",
        )
    return Inventory(subject, method, found, python, origin)
