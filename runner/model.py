"""The values that every layer shares: what is to be done, and what was found.

Everything here is frozen. Times of day are ISO 8601 strings with an offset, durations are
seconds, paths are strings relative to the place that the field's docstring names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """How a step, an attempt, a check or a run ended."""

    PASSED = "passed"
    """Everything that was expected held."""
    FAILED = "failed"
    """The check ran and said no."""
    ERRORED = "errored"
    """It could not be decided."""
    SKIPPED = "skipped"
    """It did not run; the reason says why."""


# --- what is to be done -----------------------------------------------------------------


@dataclass(frozen=True)
class Place:
    """Where in the playbook something was written."""

    file: str
    """Path as the user would type it."""
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""

    def __str__(self) -> str:
        """Give ``file:line:column``, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}:{self.column}"


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
    look_ups: tuple[str, ...] = ()
    """Run-time names that it still holds: ``run.scratch``."""


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


# --- what was found ---------------------------------------------------------------------


@dataclass(frozen=True)
class Assertion:
    """One expectation held against what was there."""

    what: str
    """What was looked at: ``exit code``, ``status``, ``$.experiments[0].name``."""
    expected: str
    """In words: ``0``, ``contains 'OK'``."""
    actual: str
    """What was there, shortened."""
    holds: bool
    """Whether the one fits the other."""


@dataclass(frozen=True)
class Case:
    """A case of a test runner inside a check."""

    classname: str
    """As the inner report gives it."""
    name: str
    """As the inner report gives it."""
    outcome: Outcome
    """As the inner report gives it."""
    duration: float = 0.0
    """Seconds."""
    message: str = ""
    """The first line of what went wrong, or the reason of a skip."""
    text: str = ""
    """The trace."""


@dataclass(frozen=True)
class Artifact:
    """A file kept as evidence."""

    path: str
    """Relative to the dossier."""
    size: int
    """Bytes."""
    sha256: str
    """Of its content, hexadecimal."""


@dataclass(frozen=True)
class Execution:
    """One process, from start to end."""

    argv: tuple[str, ...]
    """Redacted."""
    cwd: str
    """Absolute."""
    env: tuple[str, ...]
    """Names of the variables that the step set or was allowed to see, never their values."""
    started: str
    """Time of day."""
    duration: float
    """Seconds."""
    exit_code: int | None = None
    """None where it did not start or ended by a signal."""
    signal: str = ""
    """Name of the signal that ended it: ``SIGKILL``."""
    stopped: str = ""
    """Why the runner ended it: ``timeout``, ``interrupted``; empty where it ended by itself."""
    error: str = ""
    """Why it could not be started."""
    hint: str = ""
    """How that may be mended."""
    output_bytes: int = 0
    """Bytes that it printed."""
    leftovers: tuple[str, ...] = ()
    """Processes that it left running and that were stopped: ``1234 python serve.py``."""


@dataclass(frozen=True)
class StepReport:
    """What an action found; the engine adds id, kind and times."""

    outcome: Outcome
    """How it ended."""
    reason: str = ""
    """One line, for everything but ``passed``."""
    hint: str = ""
    """How it may be mended."""
    assertions: tuple[Assertion, ...] = ()
    """Every expectation, held or not."""
    executions: tuple[Execution, ...] = ()
    """Processes that were run."""
    cases: tuple[Case, ...] = ()
    """Cases of an inner test runner."""
    outputs: Mapping[str, str] = field(default_factory=dict)
    """Values for later steps."""
    artifacts: tuple[Artifact, ...] = ()
    """Files that the action kept as evidence."""


@dataclass(frozen=True)
class StepResult:
    """A step's report with its name and times."""

    id: str
    """The step's id."""
    kind: str
    """The step's kind."""
    report: StepReport
    """What was found."""
    started: str = ""
    """Time of day; empty for a skipped step."""
    duration: float = 0.0
    """Seconds."""


@dataclass(frozen=True)
class Attempt:
    """One try at a check."""

    number: int
    """Counted from 1."""
    outcome: Outcome
    """How it ended."""
    reason: str
    """One line, for everything but ``passed``."""
    hint: str
    """How it may be mended."""
    started: str
    """Time of day."""
    duration: float
    """Seconds."""
    steps: tuple[StepResult, ...]
    """In the order of the check."""
    log: Artifact | None
    """The output of all steps; None where nothing was to be logged."""
    tail: str = ""
    """The last lines of the log, for everything but ``passed``."""


@dataclass(frozen=True)
class Result:
    """A check with all its attempts."""

    check: str
    """The check's id."""
    area: str
    """The check's title."""
    outcome: Outcome
    """That of the last attempt, or ``skipped``."""
    reason: str = ""
    """One line, for everything but ``passed``."""
    hint: str = ""
    """How it may be mended."""
    expect: str = ""
    """What was expected, in the owner's words."""
    place: Place | None = None
    """Where the check is written."""
    attempts: tuple[Attempt, ...] = ()
    """Every one, in order."""
    artifacts: tuple[Artifact, ...] = ()
    """Files that the check's globs matched."""
    started: str = ""
    """Time of day; empty for a skipped check."""
    duration: float = 0.0
    """Seconds, pauses between attempts included."""
    flaky: bool = False
    """Passed, but not at the first attempt."""
    allow_failure: bool = False
    """A ``failed`` outcome does not count."""
    resumed: bool = False
    """Taken over from the run that this one resumes."""
    fingerprint: str = ""
    """Of the check that was run."""

    @property
    def counts(self) -> bool:
        """Say whether this result bears on the verdict."""
        return not (self.allow_failure and self.outcome is Outcome.FAILED)


@dataclass(frozen=True)
class ServiceReport:
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


@dataclass(frozen=True)
class Subject:
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


@dataclass(frozen=True)
class Run:
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
    results: tuple[Result, ...]
    """In the order of the playbook."""
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
