"""What was found of a stage: services, subjects, runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from runner.model.releases import Owners, Release
from runner.model.results import Artifact, Execution, Result
from runner.model.tally import Tally, tally_of
from runner.model.words import Outcome


class ServiceReport(msgspec.Struct, frozen=True):
    """A service from its start to its stop."""

    name: str
    """Key under ``services``."""
    outcome: Outcome
    """``passed`` once it was ready, else ``errored``."""
    reason: str = ""
    """Why it was not ready, or how it died."""
    hint: str = ""
    """How that may be mended."""
    started: str = ""
    """Time of day."""
    ready_after: float = 0.0
    """Seconds from start to ready."""
    duration: float = 0.0
    """Seconds from start to stop."""
    execution: Execution | None = None
    """The process, where it is one."""
    log: Artifact | None = None
    """Its output."""
    tail: str = ""
    """The last lines of its log, where it failed."""


class Subject(msgspec.Struct, frozen=True):
    """What the run is about: without it a verdict proves nothing."""

    package: str
    """Name of the tracked dependency."""
    version: str
    """Its version."""
    playbook: str
    """Path relative to the repository."""
    playbook_sha256: str
    """Of the playbook's bytes."""
    profile: str
    """The profile laid over it, or empty."""
    commit: str
    """Git commit, or empty outside a repository."""
    dirty: bool
    """Whether the work tree differed from that commit."""


class Begun(msgspec.Struct, frozen=True):
    """Where the upgrade of a dossier began."""

    version: str = ""
    """The version that it goes from; empty where that is not known."""
    at: str = ""
    """When, ISO 8601 with offset; empty where that is not known."""


class Shard(msgspec.Struct, frozen=True):
    """Which share of a stage a run has carried out, where the stage is spread over machines."""

    number: int
    """Counted from 1."""
    count: int
    """How many shards there are."""
    partition: str
    """SHA-256 of ``partition.json``, which says what each shard takes: equal in all of them."""

    def __str__(self) -> str:
        """Give it as ``--shard`` takes it: ``2/5``."""
        return f"{self.number}/{self.count}"


class Run(msgspec.Struct, frozen=True, dict=True):
    """A stage, carried out."""

    id: str
    """Unique."""
    stage: str
    """Name of the stage."""
    subject: Subject
    """What it is about."""
    verdict: Outcome
    """The worst outcome that counts; ``skipped`` where nothing ran."""
    exit_code: int
    """That of the process."""
    started: str
    """Time of day."""
    duration: float
    """Seconds."""
    results: Sequence[Result]
    """In the order of the playbook; those of a great merge are read as they are asked for."""
    services: tuple[ServiceReport, ...] = ()
    """In the order of the playbook."""
    selected: int = 0
    """How many checks of the stage were selected."""
    total: int = 0
    """How many checks the stage has."""
    interrupted: str = ""
    """What ended the run early: ``SIGINT``, ``SIGTERM``, ``SIGHUP``, or ``killed``."""
    warnings: tuple[str, ...] = ()
    """What the owner should know though it changes no outcome."""
    host: str = ""
    """Name of the machine."""
    runner_version: str = ""
    """Version of Upgrade Runner."""
    release: Release | None = None
    """What the playbook tracked; None in records of versions that did not keep it."""
    owners: Owners = msgspec.field(default_factory=Owners)
    """Who answered for it."""
    rerun: tuple[str, ...] = ()
    """The command line that runs the stage again, redacted; ``--only ID`` picks one check."""
    shard: Shard | None = None
    """Which share of the stage this was; None for the whole."""

    def __post_init__(self) -> None:
        """Keep results that were read as a list from being changed."""
        if isinstance(self.results, list):
            msgspec.structs.force_setattr(self, "results", tuple(self.results))

    @cached_property
    def tally(self) -> Tally:
        """What the results come to; they are read through once, when it is first asked for."""
        return tally_of(self.results)
