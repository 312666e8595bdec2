"""Carry out a rehearsal: prepare, there, back, compare, clean up; and record it."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from packaging.version import InvalidVersion, Version

from runner.advisories.tools import cache
from runner.engine.dossier import Dossier
from runner.engine.errand import errand
from runner.engine.rehearsals import place_of
from runner.errors import UsageError
from runner.events import Event
from runner.kinds import load_kinds
from runner.model import Playbook, Rehearsal
from runner.model.rehearsed import Rehearsed
from runner.playbook import load
from runner.rehearsal.checkout import head
from runner.rehearsal.containers import project_of
from runner.rehearsal.copies import free_bytes
from runner.rehearsal.databases.base import Original
from runner.rehearsal.databases.opening import original
from runner.rehearsal.ledger import Entry, Ledger
from runner.rehearsal.staging import Show

_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR")
"""What git sets for a hook; a checkout must not be taken for the repository that they name."""


@dataclass(frozen=True)
class World:
    """Where a rehearsal takes place, and who looks on."""

    playbook: Path
    """The user's playbook, as given."""
    profile: str
    """Laid over it; empty for the one that the playbook names for rehearsals."""
    overrides: tuple[str, ...]
    """``--set`` of the command line."""
    output: Path
    """Folder of the evidence; a rehearsal's dossier is ``rehearsals/FROM-TO/live`` below it."""
    environment: Mapping[str, str]
    """The runner's own."""
    show: Show
    """How stages are shown and reported."""
    hear: Callable[[Event], None]
    """Is told of each part."""
    free: Callable[[Path], int] = free_bytes
    """Gives the bytes that are free at a place."""
    data: Path | None = None
    """Where the data that several rehearsals begin with is kept; the first one fills it."""


@dataclass(frozen=True)
class Task:
    """What is rehearsed."""

    book: Playbook
    """The user's playbook, with the profile laid over it."""
    settings: Rehearsal
    """Its ``rehearsal``."""
    before: str
    """The old version."""
    after: str
    """The new version."""
    dossier: Dossier
    """Of this rehearsal."""
    id: str
    """Unique."""
    commit: str
    """Of the repository."""
    warnings: tuple[str, ...]
    """What the owner should know already."""
    database: Original | None = None
    """The user's; None where the playbook names none."""
    project: str = ""
    """The Compose project of the rehearsal's containers; empty without any."""

    @property
    def repository(self) -> Path:
        """The user's."""
        return Path(self.book.repository)


def rehearse(world: World, after: str, before: str = "") -> Rehearsed:
    """Rehearse the upgrade to a version, from the playbook's or from another one.

    Raises UsageError where nothing can be rehearsed, and DossierError where the evidence cannot be
    written; everything else is a part of the record. Nothing stays but the dossier.
    """
    from runner.rehearsal.conduct import conduct

    book = playbook_of(world)
    settings = _settings(world, book)
    before = before or book.release.version
    refuse_odd(before, after)
    name = f"rehearsal-{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"
    dossier = Dossier(place_of(world.output, before, after))
    repository = Path(book.repository)
    ledger = Ledger(cache(world.environment) / "rehearsals")
    environment = {key: text for key, text in world.environment.items() if key not in _GIT}
    database = original(settings, book.variables, environment, repository)
    live, server = str(dossier.live.absolute()), database.server if database else ""
    project = project_of(book, name)
    entry = Entry(name, str(repository), live, tempfile.gettempdir(), server, project)
    with errand(repository, environment=environment) as door:
        warnings = tuple(ledger.clean(door, database))
        commit = head(repository, door)
        task = Task(
            book, settings, before, after, dossier, name, commit, warnings, database, project
        )
    with ledger.entered(entry) as held:
        with errand(repository, environment=environment, name=name) as door:
            record = conduct(world, task, door)
        held.leaves = not record.clean
        return record


def _settings(world: World, book: Playbook) -> Rehearsal:
    """Give what the playbook says of rehearsals; raises UsageError where there can be none."""
    if book.rehearsal is None:
        raise UsageError(
            f"{book.file}: does not say how an upgrade is rehearsed",
            hint="add 'rehearsal' with its 'locks' and 'stages'; see the README",
        )
    for override in world.overrides:
        if override.startswith("release."):
            raise UsageError(
                f"--set {override.partition('=')[0]}: a rehearsal changes the release itself",
                hint="name the versions with --from and --to",
            )
    return book.rehearsal


def playbook_of(world: World) -> Playbook:
    """Read the user's playbook, under the profile for rehearsals; raises PlaybookInvalid."""
    book = _read(world, world.profile)
    profile = book.rehearsed_as
    return book if profile == world.profile else _read(world, profile, others=False)


def _read(world: World, profile: str, *, others: bool = True) -> Playbook:
    return load(
        world.playbook,
        kinds=load_kinds(),
        profile=profile,
        overrides=world.overrides,
        environment=world.environment,
        others=others,
    )


def refuse_odd(before: str, after: str) -> None:
    """Raise UsageError for versions between which there is no upgrade."""
    try:
        newer = Version(after) > Version(before)
    except InvalidVersion as error:
        raise UsageError(f"{error}", hint="write a version as PEP 440 has it, as 3.17.2") from None
    if not newer:
        raise UsageError(
            f"{after} is not newer than {before}",
            hint="name the version to start at with --from, or a newer one with --to",
        )
