"""What would run: the checks of a stage that were selected, in order."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

import msgspec

from runner.errors import UsageError
from runner.model import Check, Playbook, Service, Shard
from runner.playbook.problems import did_you_mean


class Share(msgspec.Struct, frozen=True):
    """What a plan takes of a stage that is spread over machines."""

    shard: Shard
    """Which share this is."""
    partition: bytes
    """The content of ``partition.json``."""
    note: str = ""
    """What is to be said of it: why it is empty."""


class Plan(msgspec.Struct, frozen=True):
    """A stage of a playbook with the checks that were selected."""

    playbook: Playbook
    """The playbook."""
    stage: str
    """Name of the stage."""
    checks: tuple[Check, ...]
    """Selected, in the order written; empty only where a shard has nothing to do."""
    total: int
    """How many checks the stage has."""
    share: Share | None = None
    """Which share of the selected checks these are; None for all."""

    @property
    def services(self) -> tuple[Service, ...]:
        """The services that the selected checks need, in the order of the playbook."""
        needed = {name for check in self.checks for name in check.services}
        return tuple(s for name, s in self.playbook.services.items() if name in needed)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the environment variables that the plan's steps and services may see."""
        names = {n for check in self.checks for step in check.steps for n in step.secrets}
        return tuple(sorted(names | {n for service in self.services for n in service.secrets}))


def make_plan(playbook: Playbook, stage: str, only: Sequence[str] = ()) -> Plan:
    """Select the checks whose id or area is one of ``only``, or matches one as a glob.

    Raises UsageError for an unknown stage, and for a pattern that selects nothing.
    """
    if stage not in playbook.stages:
        hint = did_you_mean(stage, playbook.stages)
        raise UsageError(f"{playbook.file}: there is no stage '{stage}'", hint=hint)
    checks = playbook.stages[stage]
    for pattern in only:
        if not any(_matches(check, pattern) for check in checks):
            hint = did_you_mean(pattern, [check.id for check in checks])
            raise UsageError(f"--only {pattern} selects no check of '{stage}'", hint=hint)
    chosen = tuple(c for c in checks if not only or any(_matches(c, p) for p in only))
    return Plan(playbook, stage, chosen, len(checks))


def _matches(check: Check, pattern: str) -> bool:
    texts = (check.id, check.area)
    return pattern in texts or any(fnmatch.fnmatchcase(text, pattern) for text in texts)
