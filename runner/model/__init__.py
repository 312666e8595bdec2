"""The values that every layer shares: what is to be done, and what was found.

Everything here is frozen. Times of day are ISO 8601 strings with an offset, durations are
seconds, paths are strings relative to the place that the field's docstring names.
"""

from __future__ import annotations

from runner.model.checks import Action, Check, Retry, Step
from runner.model.playbooks import PREFLIGHT, Playbook, Rehearsal, RehearsalStages
from runner.model.releases import NotifyTarget, Owners, Pin, Release, Upstream
from runner.model.results import (
    Artifact,
    Assertion,
    Attempt,
    Case,
    Execution,
    Result,
    StepReport,
    StepResult,
)
from runner.model.runs import Begun, Run, ServiceReport, Shard, Subject
from runner.model.services import Compose, Ready, Service, ServiceDatabase
from runner.model.tally import Tally
from runner.model.words import Outcome, Place

__all__ = [
    "PREFLIGHT",
    "Action",
    "Artifact",
    "Assertion",
    "Attempt",
    "Begun",
    "Case",
    "Check",
    "Compose",
    "Execution",
    "NotifyTarget",
    "Outcome",
    "Owners",
    "Pin",
    "Place",
    "Playbook",
    "Ready",
    "Rehearsal",
    "RehearsalStages",
    "Release",
    "Result",
    "Retry",
    "Run",
    "Service",
    "ServiceDatabase",
    "ServiceReport",
    "Shard",
    "Step",
    "StepReport",
    "StepResult",
    "Subject",
    "Tally",
    "Upstream",
]
