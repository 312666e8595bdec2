"""The stages of a part: run in the checkout, with the variables that lead to the copies."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

from msgspec import structs

from runner.engine.dossier import Dossier
from runner.engine.plan import Plan, make_plan
from runner.engine.run import Options, Reporter, execute
from runner.events import CheckEnded, Event, Listener, RunEnded, ServiceEnded, ServiceReady
from runner.kinds import load_kinds
from runner.model import Check, Outcome, Place, Playbook, Run
from runner.playbook import load
from runner.rehearsal.course import Halt, Notes


@dataclass
class Stopwatch:
    """Listens to the stages of a part, and takes the times of their services."""

    wants_output: bool = False
    """No output is wanted."""
    ready: dict[str, float] = field(default_factory=dict)
    """Seconds that each service took until it was ready, the first time that it was started."""
    stop: float | None = None
    """Seconds from a stage's last check until its last service was gone, of the last stage that had
    services; None where none had."""
    others: float = 0.0
    """Seconds in which checks and services were at work, and not the runner itself."""
    _checked: float = 0.0
    _stopping: float = 0.0

    def hear(self, event: Event) -> None:
        """Take note of the time."""
        if isinstance(event, ServiceReady):
            self.ready.setdefault(event.name, event.seconds)
        elif isinstance(event, CheckEnded):
            self._checked = time.monotonic()
            self.others += event.result.duration
        elif isinstance(event, ServiceEnded):
            self.stop = self._stopping = time.monotonic() - self._checked
        elif isinstance(event, RunEnded):
            self.others += self._stopping
            self._stopping = 0.0

    @property
    def start(self) -> float | None:
        """Seconds until all services were ready, one after the other; None without services."""
        return sum(self.ready.values()) if self.ready else None


@dataclass(frozen=True)
class Show:
    """How stages are shown and reported, which the command line decides."""

    listener: Callable[[Dossier], AbstractContextManager[Listener]]
    """Makes the listener of one stage, whose evidence goes into the dossier."""
    reporters: Callable[[Playbook], Sequence[Reporter]]
    """Gives the reporters of one stage."""


@dataclass(frozen=True)
class Staging:
    """Runs stages of the playbook that lies in the checkout."""

    playbook: str
    """Path of the playbook, relative to the repository."""
    checkout: Path
    """The git worktree."""
    profile: str
    """Laid over the playbook."""
    overrides: tuple[str, ...]
    """Of the command line, and the variables that lead to the copies."""
    dossier: Dossier
    """The rehearsal's."""
    show: Show
    """How it is shown."""

    def load(self, environment: Mapping[str, str]) -> Playbook:
        """Read the playbook as it is in the checkout now; raises PlaybookInvalid.

        The user's was read with all its profiles before, and the bump changes its release alone.
        """
        return load(
            self.checkout / self.playbook,
            kinds=load_kinds(),
            repository=self.checkout,
            profile=self.profile,
            overrides=self.overrides,
            environment=environment,
            others=False,
        )

    def run(
        self, part: str, stages: Sequence[str], environment: Mapping[str, str], notes: Notes
    ) -> Stopwatch:
        """Run stages one after the other; raises Halt where one does not pass."""
        watch = Stopwatch()
        playbook = self.load(environment)
        for stage in stages:
            before = watch.others
            run = self._run(part, stage, playbook, environment, watch)
            notes.others += watch.others - before
            notes.runs.append(run.stage)
            passed = sum(one.outcome is Outcome.PASSED for one in run.results)
            notes.facts.append(f"{stage}: {passed} of {len(run.results)} checks passed")
            if run.exit_code:
                raise _halt(stage, run)
        return watch

    def _run(
        self,
        part: str,
        stage: str,
        playbook: Playbook,
        environment: Mapping[str, str],
        watch: Stopwatch,
    ) -> Run:
        plan = self._plan(playbook, stage, f"{part}-{stage}")
        with self.show.listener(self.dossier) as listener:
            return execute(
                plan,
                self.dossier,
                Options(),
                environment=environment,
                listeners=[listener, watch],
                reporters=self.show.reporters(playbook),
            )

    def _plan(self, playbook: Playbook, stage: str, name: str) -> Plan:
        """Plan a stage under a name of its own; places are told as in the user's repository."""
        plan = make_plan(playbook, stage)
        return structs.replace(
            plan,
            playbook=structs.replace(playbook, file=self.playbook),
            stage=name,
            checks=tuple(map(self._placed, plan.checks)),
        )

    def _placed(self, check: Check) -> Check:
        steps = tuple(structs.replace(one, place=self._as_told(one.place)) for one in check.steps)
        return structs.replace(check, place=self._as_told(check.place), steps=steps)

    def _as_told(self, place: Place) -> Place:
        return structs.replace(place, file=place.file.removeprefix(f"{self.checkout}/"))


def _halt(stage: str, run: Run) -> Halt:
    if run.interrupted:
        return Halt(run.verdict, f"interrupted by {run.interrupted}", "", run.exit_code)
    reports = [(one.outcome, "", one.reason, one.hint) for one in run.services]
    reports += [
        (one.outcome, f"{one.area}: ", one.reason, one.hint) for one in run.results if one.counts
    ]
    worst = next((one for one in reports if one[0] is run.verdict), None)
    if worst is None:
        return Halt(run.verdict, f"{stage}: {run.verdict}", "", run.exit_code)
    return Halt(run.verdict, f"{stage}: {worst[1]}{worst[2]}", worst[3], run.exit_code)


def override(name: str, value: str) -> str:
    """Give a variable for ``--set``, quoted as YAML reads it (JSON is YAML)."""
    return f"vars.{name}={json.dumps(value)}"
