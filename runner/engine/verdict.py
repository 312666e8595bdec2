"""One verdict for a run, and the exit code that says it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from runner.errors import ExitCode
from runner.model import Outcome, ServiceReport

_SIGNALS = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
    "SIGHUP": ExitCode.TERMINATED,
}


class Judged(Protocol):
    """As much of a result as a verdict needs."""

    @property
    def outcome(self) -> Outcome:
        """How it ended."""

    @property
    def counts(self) -> bool:
        """Whether it bears on the verdict."""


def verdict(
    results: Iterable[Judged], services: Iterable[ServiceReport], interrupted: str = ""
) -> tuple[Outcome, ExitCode]:
    """Judge the results.

    What could not be decided outweighs what was decided against, and a run in which nothing
    ran is no success. A service that died counts even where every check passed: something
    else may have answered.
    """
    if interrupted:
        return Outcome.ERRORED, _SIGNALS[interrupted]
    outcomes = {result.outcome for result in results if result.counts}
    outcomes |= {service.outcome for service in services if service.outcome is Outcome.ERRORED}
    if Outcome.ERRORED in outcomes:
        return Outcome.ERRORED, ExitCode.ERRORED
    if Outcome.FAILED in outcomes:
        return Outcome.FAILED, ExitCode.FAILED
    if Outcome.PASSED in outcomes:
        return Outcome.PASSED, ExitCode.PASSED
    return Outcome.SKIPPED, ExitCode.INVALID
