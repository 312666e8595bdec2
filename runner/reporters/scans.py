"""The scans of a run."""

from __future__ import annotations

from runner.model import Run, StepReport
from runner.reporters.reading import last, results_at

_KIND = "advisories"


def scans(run: Run) -> tuple[StepReport, ...]:
    """Give the reports of every scan that the run came to, each check's last attempt."""
    places = run.tally.kinds.get(_KIND, ())
    attempts = [attempt for result in results_at(run, places) if (attempt := last(result))]
    return tuple(
        step.report for attempt in attempts for step in attempt.steps if step.kind == _KIND
    )
