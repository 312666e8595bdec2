"""What is run: the rows of the matrix and their steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from runner.model.words import Place


class Action(Protocol):
    """What a step does, as its kind has read it; `runner.kinds.base` adds how it is run."""

    def describe(self) -> tuple[str, ...]:
        """Say what would be done, one argv or request, without doing it."""


class Retry(msgspec.Struct, frozen=True):
    """How often an attempt that did not pass is repeated."""

    attempts: int = 1
    """Attempts in all, at least 1."""
    delay: float = 0.0
    """Seconds before the second attempt."""
    backoff: float = 1.0
    """Factor on the delay from one attempt to the next."""


class Step(msgspec.Struct, frozen=True):
    """One action of a check."""

    id: str
    """Unique in its check."""
    kind: str
    """Name of the kind in the registry."""
    action: Action
    """What the kind made of ``with`` and ``expect``."""
    place: Place
    """Where the step is written."""
    env: Mapping[str, str] = msgspec.field(default_factory=dict)
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


class Check(msgspec.Struct, frozen=True):
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
