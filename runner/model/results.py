"""What was found of a check: executions, attempts, results."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from runner.model.words import Outcome, Place


class Assertion(msgspec.Struct, frozen=True):
    """One expectation held against what was there."""

    what: str
    """What was looked at: ``exit code``, ``status``, ``$.experiments[0].name``."""
    expected: str
    """In words: ``0``, ``contains 'OK'``."""
    actual: str
    """What was there, shortened."""
    holds: bool
    """Whether the one fits the other."""


class Case(msgspec.Struct, frozen=True):
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


class Artifact(msgspec.Struct, frozen=True):
    """A file kept as evidence."""

    path: str
    """Relative to the dossier."""
    size: int
    """Bytes."""
    sha256: str
    """Of its content, hexadecimal."""


class Execution(msgspec.Struct, frozen=True):
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


class StepReport(msgspec.Struct, frozen=True):
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
    outputs: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Values for later steps."""
    artifacts: tuple[Artifact, ...] = ()
    """Files that the action kept as evidence."""


class StepResult(msgspec.Struct, frozen=True):
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


class Attempt(msgspec.Struct, frozen=True):
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
    """The output of all steps; None where they passed and printed nothing."""
    tail: str = ""
    """The last lines of the log, for everything but ``passed``."""


class Result(msgspec.Struct, frozen=True):
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
