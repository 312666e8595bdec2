"""A playbook as a whole, and how it is rehearsed."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runner.model.checks import Check
from runner.model.releases import NotifyTarget, Owners, Pin, Release, Upstream
from runner.model.services import Service

PREFLIGHT = "preflight"
"""The stage that an upgrade begins with, on the version that it goes from, by default."""


class RehearsalStages(msgspec.Struct, frozen=True):
    """Which stages of the playbook a rehearsal carries out, in this order; none may be named."""

    prepare: tuple[str, ...] = ()
    """For each version, with its files, before anything runs: what takes long and needs no outage,
    as to build an image."""
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


class Rehearsal(msgspec.Struct, frozen=True):
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
    database_env: str = ""
    """Of the environment variable that holds it, where it has a login; then ``database`` is not
    looked at, so that a profile may say so."""
    scratch_url_env: str = ""
    """The environment variable with the URL of a server on which the copy is made; the same server
    if empty."""
    artifacts: str = ""
    """Name of the variable with the folder of artifacts, which gets that of the copy."""
    folders: tuple[str, ...] = ()
    """Names of variables that get an empty folder each, which lasts as long as the rehearsal."""
    profile: str = ""
    """The profile that is laid over the playbook, where the command line names none; one that is
    named there may lead on to another by naming it here."""
    stages: RehearsalStages = RehearsalStages()
    """What is carried out."""


class Playbook(msgspec.Struct, frozen=True):
    """A playbook, read, resolved and found valid."""

    file: str
    """Path as given."""
    repository: str
    """Absolute path of the folder that all other paths are relative to."""
    sha256: str
    """Of the bytes of the file."""
    release: Release
    """The tracked dependency."""
    owners: Owners = msgspec.field(default_factory=Owners)
    """Who answers for it."""
    pins: tuple[Pin, ...] = ()
    """Where the version is repeated."""
    variables: Mapping[str, str] = msgspec.field(default_factory=dict)
    """``vars``: names for look-ups."""
    services: Mapping[str, Service] = msgspec.field(default_factory=dict)
    """By name."""
    stages: Mapping[str, tuple[Check, ...]] = msgspec.field(default_factory=dict)
    """By name, checks in the order written."""
    profile: str = ""
    """The profile laid over it, if any."""
    upstream: Upstream = msgspec.field(default_factory=Upstream)
    """Where newer versions are looked for."""
    rehearsal: Rehearsal | None = None
    """How an upgrade is rehearsed; None where the playbook does not say."""
    rehearsed_as: str = ""
    """The profile under which a rehearsal of it takes place: that which ``rehearsal.profile`` leads
    to, else its own."""
    notify: tuple[NotifyTarget, ...] = ()
    """Where roles are told of what happens."""
    preflight: str = PREFLIGHT
    """The stage that an upgrade begins with."""
    on_failure: str = "ask"
    """What follows where a step of an upgrade fails after something real was changed: ``ask``,
    ``rollback`` or ``stop``."""
