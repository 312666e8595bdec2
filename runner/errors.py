"""Errors that reach a person, and the table of exit codes."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to its caller; the README prints this table."""

    PASSED = 0
    """Every check that counts has passed."""
    FAILED = 1
    """A check said no."""
    INVALID = 2
    """Wrong usage, an invalid playbook, or nothing ran; no evidence is written."""
    ERRORED = 3
    """Something could not be decided: a check, a service, or the evidence itself."""
    INTERRUPTED = 130
    """Stopped by ^C (SIGINT), evidence written."""
    TERMINATED = 143
    """Stopped by SIGTERM, evidence written."""


class RunnerError(Exception):
    """An error with a message that names the place, and a hint that names the mend."""

    exit_code: ExitCode = ExitCode.ERRORED

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Keep the message and the hint apart, so that each reporter can lay them out."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(RunnerError):
    """The command line asks for something that cannot be: no playbook, no such stage."""

    exit_code = ExitCode.INVALID


class DossierError(RunnerError):
    """The dossier cannot be written, read or locked."""
