"""One verdict for a run, and the exit code that says it."""

from __future__ import annotations

from collections.abc import Iterable

from runner.errors import ExitCode
from runner.model import Outcome, Result, ServiceReport

_SIGNALS = {
    "SIGINT": ExitCode.INTERRUPTED,
    "SIGTERM": ExitCode.TERMINATED,
    "SIGHUP": ExitCode.TERMINATED,
}


def verdict(
    results: Iterable[Result], services: Iterable[ServiceReport], interrupted: str = ""
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
