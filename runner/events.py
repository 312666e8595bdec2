"""What the engine tells while a stage runs; the console and the tests listen."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeAlias

import msgspec

from runner.model import Attempt, Check, Result, Run, ServiceReport

if TYPE_CHECKING:
    from runner.model.rehearsed import Part


class RunStarted(msgspec.Struct, frozen=True):
    """The stage begins."""

    run: str
    """Id of the run."""
    stage: str
    """Name of the stage."""
    headline: str
    """``mlflow 3.6.0``, the package and its version."""
    checks: tuple[Check, ...]
    """The selected checks, in order."""


class ServiceStarting(msgspec.Struct, frozen=True):
    """A service was started and is waited for."""

    name: str
    """Its name."""
    last_line: Callable[[], str]
    """Gives the last line of its log so far, redacted but otherwise as printed."""


class ServiceReady(msgspec.Struct, frozen=True):
    """A service is ready."""

    name: str
    """Its name."""
    seconds: float
    """From its start."""


class ServiceEnded(msgspec.Struct, frozen=True):
    """A service was stopped, or never became ready."""

    report: ServiceReport
    """What became of it."""


class AttemptStarted(msgspec.Struct, frozen=True):
    """A check, or a repetition of it, begins."""

    check: Check
    """The check."""
    number: int
    """Of the attempt, counted from 1."""
    last_line: Callable[[], str]
    """Gives the last line of its log so far, redacted but otherwise as printed."""


class Output(msgspec.Struct, frozen=True):
    """Redacted output of a check, told only to listeners that want it; not trustworthy."""

    check: str
    """Id of the check."""
    data: bytes
    """As the child printed it, any bytes."""


class AttemptEnded(msgspec.Struct, frozen=True):
    """An attempt has ended."""

    check: Check
    """The check."""
    attempt: Attempt
    """What was found."""
    retry_in: float | None
    """Seconds until the next attempt; None where there is none."""


class CheckEnded(msgspec.Struct, frozen=True):
    """A check has its result; also told for skipped and resumed checks."""

    check: Check
    """The check."""
    result: Result
    """What was found."""


class RunEnded(msgspec.Struct, frozen=True):
    """The stage has ended and its evidence is written."""

    run: Run
    """The finished run."""


class PartStarted(msgspec.Struct, frozen=True):
    """A part of a rehearsal or of an upgrade begins."""

    title: str
    """What is done, for people."""


class PartEnded(msgspec.Struct, frozen=True):
    """A part has ended."""

    part: Part
    """What was found."""


Event: TypeAlias = (
    RunStarted
    | ServiceStarting
    | ServiceReady
    | ServiceEnded
    | AttemptStarted
    | Output
    | AttemptEnded
    | CheckEnded
    | RunEnded
    | PartStarted
    | PartEnded
)


class Listener(Protocol):
    """Hears events, from one thread at a time."""

    wants_output: bool
    """Whether `Output` is told."""

    def hear(self, event: Event) -> None:
        """Take note of an event; must not raise, and must return soon."""
