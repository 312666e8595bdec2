"""``requirements``: a file of wishes, resolved for the target interpreter without installing."""

from __future__ import annotations

from dataclasses import dataclass

from runner.advisories.inventory import Inventory
from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import listing
from runner.advisories.subjects.interpreter import interpreter
from runner.advisories.subjects.lines import Files, read
from runner.advisories.subjects.pins import published, refuse
from runner.advisories.subjects.resolver import resolve, resolver
from runner.advisories.subjects.trees import tree, within


@dataclass(frozen=True)
class Requirements:
    """A requirement file that need not pin; what an installation would take today."""

    file: str
    """Path in the repository."""
    python: str = "python"
    """The interpreter to resolve for: a name on the PATH, or a path."""

    def describe(self) -> str:
        """Say what would be read."""
        return f"the requirements {self.file}, resolved for {self.python}"

    def inventory(self, door: Door, base: str = "") -> Inventory:
        """Resolve the file, with all that it includes; raises SubjectError."""
        files = tree(door, base)
        # Read for its includes: none may lead out of the repository, and each must come along.
        wishes = read(files, self.file)
        _refuse_builds(wishes)
        target = interpreter(self.python, door)
        door.log(f"{self.file}: resolved by {resolver(door)} for Python {target.full_version}\n")
        found = resolve(files.laid(wishes.contents) / within(self.file), target, door)
        return listing(self.file, "resolved", found, python=target.version, origin=files.origin)


def _refuse_builds(wishes: Files) -> None:
    """Raise SubjectError where a resolver would run code of a package to learn its version."""
    problems = [f"{place}: --no-binary asks for a build" for place in wishes.builds]
    for line in wishes.lines:
        try:
            published(line.text)
        except ValueError as error:
            problems.append(f"{line.place}: {line.text!r} {error}")
    refuse(problems, "name published packages; for others scan the environment or a lock")
