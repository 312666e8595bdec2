"""What the parts of a rehearsal share: where things are, and what was found so far."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path

from runner.engine.errand import ErrandDoor
from runner.engine.redaction import Redactor, secrets_in
from runner.kinds.database.bench import DoorBench
from runner.model.rehearsed import CLEAN_UP, SEED, Kept, Migration
from runner.rehearsal import hashes
from runner.rehearsal.copies import NOTHING, Copies, Saved
from runner.rehearsal.course import Course, Notes
from runner.rehearsal.rehearse import Task, World
from runner.rehearsal.staging import Staging
from runner.rehearsal.versions import Swing

TITLES = {
    "space": "Is there room for the copies",
    "hashes": "Hash what must not change",
    "checkout": "Check the repository out",
    "bump": "Compute the bump, with its locks",
    "environments": "Make an environment for each version",
    "prepare": "Prepare each version, as its image",
    "copies": "Copy database and artifacts",
    SEED: "Fill an empty database",
    "keep": "Keep the copies for the next rehearsal",
    "before": "Old version: measure, snapshot, backup",
    "save": "Put the state aside",
    "migrate": "Bump, and migrate",
    "after": "New version: the matrix",
    "rollback": "Roll back, environment and data",
    "restored": "Is every row and artifact back",
    "compare": "Old version: as it was",
    CLEAN_UP: "Remove everything scratch",
    "untouched": "Is the original as it was",
}
"""Every part, in its order, with its title."""
OPTIONAL = frozenset({"prepare", SEED, "keep"})
"""Parts of which nothing is told where they are not needed."""


@dataclass
class Rig:
    """One rehearsal, at work."""

    world: World
    """Where it takes place."""
    task: Task
    """What is rehearsed."""
    course: Course
    """Its parts so far."""
    door: ErrandDoor
    """Its way to processes."""
    copies: Copies
    """The user's data, and its copies."""
    swing: Swing | None = None
    """The way from the old version to the new one, once it is computed."""
    old: Mapping[str, str] = field(default_factory=dict)
    """The environment variables in which the old version's programs come first."""
    new: Mapping[str, str] = field(default_factory=dict)
    """The same for the new version."""
    overrides: tuple[str, ...] = ()
    """Of the command line, and the variables that lead to the copies."""
    locks: dict[str, Mapping[str, str]] = field(default_factory=dict)
    """``before`` and ``after`` to the hashes of their locks."""
    dirty: bool = False
    """Whether the checkout differs from its commit."""
    hashes: dict[str, str] = field(default_factory=dict)
    """Of what must not change, taken before anything else."""
    kept: tuple[Kept, ...] = ()
    """The same held against what is there in the end."""
    saved: Saved = NOTHING
    """What the rollback must bring back."""
    migration: Migration | None = None
    """What the migration changed."""
    restored: bool | None = None
    """Whether everything was brought back."""
    outage: dict[str, float | None] = field(default_factory=dict)
    """Seconds by the names of `Outage`."""
    warnings: list[str] = field(default_factory=list)
    """What the owner should know."""

    @classmethod
    def of(cls, world: World, task: Task, door: ErrandDoor) -> Rig:
        """Set it up; nothing is done yet."""
        release = task.book.release
        common = (release.package, task.before, task.after)
        redactor = Redactor(secrets_in(world.environment), common=common)
        course = Course(task.dossier, task.id, redactor, world.hear)
        door = replace(door, ear=course)
        copies = Copies.of(
            task.settings,
            task.book.variables,
            task.repository,
            door.scratch / "data",
            DoorBench(door, task.id),
            task.database,
        )
        return cls(world, task, course, door, copies, warnings=list(task.warnings))

    @property
    def checkout(self) -> Path:
        """Where the worktree is; its name is the rehearsal's, so that it is found again."""
        return self.door.scratch / self.task.id

    @property
    def output(self) -> Path:
        """Where evidence is, absolute: it may change in the repository."""
        return self.world.output.absolute()

    @property
    def staging(self) -> Staging:
        """What runs the playbook's stages in the checkout."""
        book = self.task.book
        return Staging(
            str(Path(book.file).absolute().relative_to(self.task.repository)),
            self.checkout,
            book.profile,
            self.overrides,
            self.task.dossier,
            self.world.show,
        )

    def part(self, name: str) -> AbstractContextManager[Notes]:
        """Carry out a part; raises Halt where it does not pass."""
        return self.course.part(name, TITLES[name])

    def hash(self) -> dict[str, str]:
        """Hash what must not change."""
        repository = self.task.repository
        found = {"repository": hashes.of_repository(repository, self.output, self.door)}
        if (database := self.copies.database) is not None:
            found["database"] = database.sha256(self.copies.bench)
        if (artifacts := self.copies.artifacts) is not None:
            found["artifacts"] = hashes.of_folder(artifacts)
        return found
