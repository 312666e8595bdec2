"""What is next in an upgrade."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from runner.model import Release
from runner.model.standing import NextStep, PinPlace, StageStanding
from runner.release.checklist import PREFLIGHT, ROLLBACK, ROLLOUT, VERIFICATION

_FINISHED = ("done", "rolled_back")
_BAD = frozenset({"failed", "errored"})


@dataclass(frozen=True)
class Commands:
    """Command lines for the user's playbook and folders."""

    common: tuple[str, ...] = ()
    """Options that say which playbook: ``--playbook FILE``."""
    running: tuple[str, ...] = ()
    """Options that also say how and where it is run: ``--profile docker``."""

    def bump(self, *words: str) -> str:
        """Give a ``runner bump``."""
        return shlex.join(["runner", "bump", *self.common, *words])

    def triage(self) -> str:
        """Give a ``runner triage``."""
        return shlex.join(["runner", "triage", *self.common])

    def stage(self, name: str, *words: str) -> str:
        """Give the command that runs a stage."""
        verb = ["validate"] if name == VERIFICATION else ["run", name]
        return shlex.join(["runner", *verb, *self.running, *words])


def next_step(
    release: Release,
    pins: Iterable[PinPlace],
    stages: Iterable[StageStanding],
    commands: Commands,
) -> NextStep:
    """Say what to do now: the first thing on the way from triage to done that is not done."""
    drifted = [one for one in pins if not one.in_sync]
    if drifted:
        files = ", ".join(dict.fromkeys(one.file for one in drifted))
        return NextStep("", f"mend what has drifted in {files}: a bump starts from pins in sync")
    known = {one.name: one for one in stages}
    if release.target and release.target != release.version:
        return _towards(release, known, commands)
    broken = any(one.state in _BAD for name, one in known.items() if name != ROLLBACK)
    if release.upgrade_status in _FINISHED and not broken:
        state = release.upgrade_status.replace("_", " ")
        return NextStep(commands.triage(), f"the upgrade is {state}; look for newer versions")
    for name in (PREFLIGHT, VERIFICATION, ROLLOUT):
        if name in known and known[name].state != "passed":
            return _run(known[name], commands, ROLLBACK in known)
    done = commands.bump("--upgrade-status", "done")
    return NextStep(done, "every stage has passed; record that the upgrade is done")


def _towards(release: Release, stages: Mapping[str, StageStanding], commands: Commands) -> NextStep:
    preflight = stages.get(PREFLIGHT)
    if preflight and preflight.state != "passed":
        return _run(preflight, commands, can_roll_back=False)
    command = commands.bump("--version", release.target)
    return NextStep(command, f"triage recommends {release.target}")


def _run(stage: StageStanding, commands: Commands, can_roll_back: bool) -> NextStep:  # noqa: FBT001
    states = [one.state for one in stage.checks]
    open_ = sum(state != "passed" for state in states)
    if stage.state in _BAD:
        bad = sum(state in _BAD for state in states)
        back = f", or `{commands.stage(ROLLBACK)}`" if can_roll_back else ""
        why = f"{bad} of {len(states)} checks of {stage.name} did not pass: mend them{back}"
        return NextStep(commands.stage(stage.name, "--resume"), why)
    if "passed" in states and "stale" not in states:
        why = f"{open_} of {len(states)} checks of {stage.name} are still to be run"
        return NextStep(commands.stage(stage.name, "--resume"), why)
    return NextStep(commands.stage(stage.name), f"{stage.name} is {stage.state}")
