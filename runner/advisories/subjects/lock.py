"""``lock``: a file that pins the whole graph; nothing is resolved and nothing is fetched."""

from __future__ import annotations

from dataclasses import dataclass

from runner.advisories.inventory import Component, Inventory
from runner.advisories.sources.base import Door
from runner.advisories.subjects.base import SubjectError, listing
from runner.advisories.subjects.interpreter import Interpreter, interpreter
from runner.advisories.subjects.lines import read
from runner.advisories.subjects.pins import pinned
from runner.advisories.subjects.pylock import is_pylock, read_pylock
from runner.advisories.subjects.trees import Tree, tree

_HINT = "a lock pins every package exactly; name a file that does not as 'requirements' instead"


@dataclass(frozen=True)
class Lock:
    """A requirement file in which each entry is exact, or a ``pylock.toml``."""

    file: str
    """Path in the repository."""
    python: str = "python"
    """The interpreter that markers are evaluated for: a name on the PATH, or a path."""

    def describe(self) -> str:
        """Say what would be read."""
        return f"the lock {self.file}, for {self.python}"

    def inventory(self, door: Door, base: str = "") -> Inventory:
        """List what the lock installs for the interpreter; raises SubjectError."""
        return self.held_for(interpreter(self.python, door), door, base)

    def held_for(self, target: Interpreter, door: Door, base: str = "") -> Inventory:
        """List what it installs for an interpreter that has answered; raises SubjectError."""
        files = tree(door, base)
        found = self._components(files, target)
        return listing(self.file, "lock", found, python=target.version, origin=files.origin)

    def _components(self, files: Tree, target: Interpreter) -> tuple[Component, ...]:
        if is_pylock(self.file):
            return read_pylock(files.read(self.file), self.file, target)
        if self.file.endswith(".lock"):
            raise SubjectError(
                f"{self.file} is the lock of one tool, which is not read here",
                hint="export it: `uv export --frozen --no-emit-project`, `poetry export`",
            )
        # Constraints install nothing, and what does is exact already.
        lines = [line for line in read(files, self.file).lines if not line.constraint]
        return pinned(lines, target, hint=_HINT)
