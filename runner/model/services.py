"""What checks need running: services, and when they are ready."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runner.model.words import Place


class Ready(msgspec.Struct, frozen=True):
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


class Compose(msgspec.Struct, frozen=True):
    """A service of a Compose project."""

    file: str
    """Path relative to the repository."""
    service: str
    """Name of the service in that file."""


class ServiceDatabase(msgspec.Struct, frozen=True):
    """The database that a service migrates when it starts."""

    url: str = ""
    """Its URL, where that holds no secret."""
    url_env: str = ""
    """Or the environment variable that holds its URL."""
    revisions: tuple[str, ...] = ()
    """Argv of the program that tells which revisions the service itself brings."""


class Service(msgspec.Struct, frozen=True):
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
    env: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Environment variables over the runner's own."""
    secrets: tuple[str, ...] = ()
    """Names of environment variables that it may see and no evidence may show."""
    cwd: str = "."
    """Working folder, relative to the repository."""
    database: ServiceDatabase | None = None
    """What it would migrate; it is not started where that could not be undone."""
    look_ups: tuple[str, ...] = ()
    """Run-time names that it still holds: ``run.scratch``."""
