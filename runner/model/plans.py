"""What is to be done: releases, pins, checks, services, playbooks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from runner.model.words import Place


@dataclass(frozen=True)
class Release:
    """The tracked dependency."""

    package: str
    """Name on the package index."""
    version: str
    """The version that the pins repeat."""
    image: str = ""
    """Image reference of this version, if the dependency is shipped as one."""
    image_template: str = ""
    """Image reference with ``{version}`` for the version."""
    status: str = ""
    """A line for people on the state of this version."""
    upgrade_status: str = "queued"
    """``queued``, ``in_progress``, ``done`` or ``rolled_back``."""
    cves: tuple[str, ...] = ()
    """Advisory ids that are tracked for this version."""
    release_notes: str = ""
    """Address of the release notes."""
    target: str = ""
    """The version that triage recommended, not yet the one that the pins repeat."""
    triaged: str = ""
    """The day on which upstream was looked at last, ISO 8601."""


@dataclass(frozen=True)
class Upstream:
    """Where newer versions are looked for, and which of them may be recommended."""

    releases: str = ""
    """Address of the feed of releases; empty to derive it from the release notes' address."""
    dependabot: str = ""
    """``owner/repository`` whose Dependabot alerts are asked for; empty to ask for none."""
    api: str = "https://api.github.com"
    """Address of GitHub's REST API; an enterprise server has its own."""
    min_age: float = 0.0
    """Seconds that a version must have been published for; 0 asks for no age."""
    prereleases: bool = False
    """Whether a pre-release may be recommended."""
    candidates: int = 5
    """How many versions may be resolved, and shown to scanners, in one triage."""


@dataclass(frozen=True)
class Owners:
    """Who answers for the upgrade."""

    dri: str = ""
    """The directly responsible individual or role."""
    backup: str = ""
    """Who stands in."""
    notify: tuple[str, ...] = ()
    """Roles told of the outcome."""


@dataclass(frozen=True)
class NotifyTarget:
    """Where a role is told of what happens."""

    role: str
    """One of the owners' ``notify``."""
    urls: str
    """Name of the environment variable that holds the addresses, as Apprise writes them."""
    of: tuple[str, ...] = ("failed", "recovered", "vulnerabilities_green", "freeze")
    """What the role is told of."""


@dataclass(frozen=True)
class Pin:
    """A place in the repository that repeats the version."""

    file: str
    """Path relative to the repository."""
    format: str
    """How the version is written there: ``requirement``, ``docker_arg``, ``table_row``, …"""
    selector: str
    """What to look for: the requirement's name, the ARG's name, the row's first cell."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """For ``table_row``: column heading to template."""
    template: str = "{version}"
    """What stands at the place, with ``{version}`` for the version: ``v{version}``."""
    times: int = 1
    """How often it must be found."""
    locks: tuple[str, ...] = ()
    """Lock files that are made from this file of requirements; a bump makes them anew."""


class Action(Protocol):
    """What a step does, as its kind has read it; `runner.kinds.base` adds how it is run."""

    def describe(self) -> tuple[str, ...]:
        """Say what would be done, one argv or request, without doing it."""


@dataclass(frozen=True)
class Retry:
    """How often an attempt that did not pass is repeated."""

    attempts: int = 1
    """Attempts in all, at least 1."""
    delay: float = 0.0
    """Seconds before the second attempt."""
    backoff: float = 1.0
    """Factor on the delay from one attempt to the next."""


@dataclass(frozen=True)
class Step:
    """One action of a check."""

    id: str
    """Unique in its check."""
    kind: str
    """Name of the kind in the registry."""
    action: Action
    """What the kind made of ``with`` and ``expect``."""
    place: Place
    """Where the step is written."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of this step, over the check's; may hold run-time look-ups."""
    secrets: tuple[str, ...] = ()
    """Names of environment variables that this step may see and no evidence may show."""
    cwd: str = "."
    """Working folder, relative to the repository."""
    timeout: float | None = None
    """Seconds; None leaves the step what remains of the check's timeout."""
    always: bool = False
    """Run even after a failed step or an interrupt: clean-up."""
    look_ups: tuple[str, ...] = ()
    """Run-time names that its action or environment still holds; empty for most steps."""


@dataclass(frozen=True)
class Check:
    """One row of the matrix."""

    id: str
    """Unique in its stage; a slug of the area unless given."""
    area: str
    """The row's title."""
    steps: tuple[Step, ...]
    """At least one."""
    place: Place
    """Where the check is written."""
    expect: str = ""
    """What is expected, in the owner's words."""
    services: tuple[str, ...] = ()
    """Names of services that must be ready."""
    needs: tuple[str, ...] = ()
    """Ids of checks of the same stage that must have passed."""
    timeout: float = 900.0
    """Seconds for one attempt (15 minutes unless given)."""
    retry: Retry = Retry()
    """How failed attempts are repeated."""
    allow_failure: bool = False
    """A ``failed`` outcome does not count against the verdict; an ``errored`` one does."""
    artifacts: tuple[str, ...] = ()
    """Globs, relative to the repository or below the run's scratch folder."""
    fingerprint: str = ""
    """SHA-256 over the resolved definition, the inputs and the release, for ``--resume``."""


@dataclass(frozen=True)
class Ready:
    """When a service counts as ready: exactly one of the four tests, within a deadline."""

    url: str = ""
    """Answers with a status below 400."""
    port: int = 0
    """Accepts a TCP connection on 127.0.0.1."""
    log: str = ""
    """A regular expression found in the service's log."""
    command: tuple[str, ...] = ()
    """An argv that exits with 0."""
    within: float = 60.0
    """Seconds."""


@dataclass(frozen=True)
class Compose:
    """A service of a Compose project."""

    file: str
    """Path relative to the repository."""
    service: str
    """Name of the service in that file."""


@dataclass(frozen=True)
class ServiceDatabase:
    """The database that a service migrates when it starts."""

    url: str = ""
    """Its URL, where that holds no secret."""
    url_env: str = ""
    """Or the environment variable that holds its URL."""
    revisions: tuple[str, ...] = ()
    """Argv of the program that tells which revisions the service itself brings."""


@dataclass(frozen=True)
class Service:
    """A process or Compose service that checks need."""

    name: str
    """Key under ``services``."""
    place: Place
    """Where it is written."""
    run: tuple[str, ...] = ()
    """Argv of the process; empty where ``compose`` is given."""
    compose: Compose | None = None
    """The Compose service; None where ``run`` is given."""
    ready: Ready = Ready()
    """When it counts as ready."""
    env: Mapping[str, str] = field(default_factory=dict)
    """Environment variables over the runner's own."""
    secrets: tuple[str, ...] = ()
    """Names of environment variables that it may see and no evidence may show."""
    cwd: str = "."
    """Working folder, relative to the repository."""
    database: ServiceDatabase | None = None
    """What it would migrate; it is not started where that could not be undone."""
    look_ups: tuple[str, ...] = ()
    """Run-time names that it still holds: ``run.scratch``."""


@dataclass(frozen=True)
class RehearsalStages:
    """Which stages of the playbook a rehearsal carries out, in this order; none may be named."""

    seed: tuple[str, ...] = ()
    """With the old version, where the database is not there yet: they make its first content."""
    before: tuple[str, ...] = ()
    """With the old version: it is measured, a snapshot and a backup are taken."""
    migrate: tuple[str, ...] = ()
    """With the new version, while nothing runs: the database is brought to its schema."""
    after: tuple[str, ...] = ("verification",)
    """With the new version: the matrix."""
    rollback: tuple[str, ...] = ()
    """With the old version, while nothing runs: the data is restored; where no stage is named, the
    rehearsal puts back what it has saved itself."""
    compare: tuple[str, ...] = ()
    """With the old version on the restored data: it is as it was."""


@dataclass(frozen=True)
class Rehearsal:
    """How an upgrade is rehearsed: what an environment is made of, and what is copied."""

    locks: tuple[str, ...]
    """Lock files, relative to the repository, of which an environment is made."""
    python: str = ""
    """The interpreter of the environments, as ``uv venv --python`` takes it; that of the runner
    where empty."""
    ports: tuple[str, ...] = ()
    """Names of variables that get a free port."""
    database: str = ""
    """Name of the variable with the database's address, which gets that of the copy."""
    artifacts: str = ""
    """Name of the variable with the folder of artifacts, which gets that of the copy."""
    folders: tuple[str, ...] = ()
    """Names of variables that get an empty folder each, which lasts as long as the rehearsal."""
    profile: str = ""
    """The profile that is laid over the playbook, where the command line names none."""
    stages: RehearsalStages = RehearsalStages()
    """What is carried out."""


@dataclass(frozen=True)
class Playbook:
    """A playbook, read, resolved and found valid."""

    file: str
    """Path as given."""
    repository: str
    """Absolute path of the folder that all other paths are relative to."""
    sha256: str
    """Of the bytes of the file."""
    release: Release
    """The tracked dependency."""
    owners: Owners = Owners()
    """Who answers for it."""
    pins: tuple[Pin, ...] = ()
    """Where the version is repeated."""
    variables: Mapping[str, str] = field(default_factory=dict)
    """``vars``: names for look-ups."""
    services: Mapping[str, Service] = field(default_factory=dict)
    """By name."""
    stages: Mapping[str, tuple[Check, ...]] = field(default_factory=dict)
    """By name, checks in the order written."""
    profile: str = ""
    """The profile laid over it, if any."""
    upstream: Upstream = Upstream()
    """Where newer versions are looked for."""
    rehearsal: Rehearsal | None = None
    """How an upgrade is rehearsed; None where the playbook does not say."""
    notify: tuple[NotifyTarget, ...] = ()
    """Where roles are told of what happens."""
    on_failure: str = "ask"
    """What follows where a step of an upgrade fails after something real was changed: ``ask``,
    ``rollback`` or ``stop``."""
