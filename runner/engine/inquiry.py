"""An inquiry: a stage that is run for what its steps tell, and of which no evidence stays."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from runner.engine.dossier import Dossier
from runner.engine.plan import make_plan
from runner.engine.run import Options, execute
from runner.model import Outcome, Playbook


@dataclass(frozen=True)
class Answer:
    """What a stage told."""

    values: tuple[str, ...] = ()
    """Of the output that was asked for, in the order of the steps."""
    trouble: str = ""
    """Why it is not the whole answer: the first check that did not pass."""


def inquire(playbook: Playbook, stage: str, output: str, environment: Mapping[str, str]) -> Answer:
    """Run a stage in a dossier of its own, and give what its steps told under a name.

    Raises UsageError where a secret is not set.
    """
    plan = make_plan(playbook, stage)
    with tempfile.TemporaryDirectory(prefix="upgrade-runner-inquiry-") as folder:
        run = execute(plan, Dossier(Path(folder)), Options(), environment=environment)
    unhappy = [one for one in run.results if one.outcome is not Outcome.PASSED]
    values = [
        step.report.outputs[output]
        for result in run.results
        if result.outcome is Outcome.PASSED
        for step in result.attempts[-1].steps
        if output in step.report.outputs
    ]
    trouble = f"{unhappy[0].area}: {unhappy[0].reason}" if unhappy else ""
    return Answer(tuple(values), trouble)
