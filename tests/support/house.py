"""Makers and fakes with which checks are run for real in a temporary repository."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from runner.engine.dossier import Dossier
from runner.engine.plan import make_plan
from runner.engine.run import Options, execute
from runner.events import Event
from runner.kinds.base import Command, Context
from runner.model import (
    Check,
    Outcome,
    Place,
    Playbook,
    Release,
    Run,
    Service,
    Step,
    StepReport,
)

PLACE = Place("playbook.yaml", 1, 1)


@dataclass(frozen=True)
class Process:
    """An action that runs a process and passes where it exits with 0."""

    argv: tuple[str, ...]

    def describe(self) -> tuple[str, ...]:
        return (" ".join(self.argv),)

    def run(self, context: Context) -> StepReport:
        execution = context.run(Command(self.argv)).execution
        if execution.exit_code == 0:
            return StepReport(Outcome.PASSED, executions=(execution,))
        if execution.error or execution.stopped:
            reason = execution.error or execution.stopped
            return StepReport(Outcome.ERRORED, reason, execution.hint, executions=(execution,))
        return StepReport(
            Outcome.FAILED, f"exit code {execution.exit_code}", executions=(execution,)
        )


@dataclass(frozen=True)
class Call:
    """An action that calls a function."""

    function: Callable[[Context], StepReport]

    def describe(self) -> tuple[str, ...]:
        return ("call",)

    def run(self, context: Context) -> StepReport:
        return self.function(context)


@dataclass
class Ears:
    """A listener that keeps what it hears."""

    wants_output: bool = False
    heard: list[Event] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        self.heard.append(event)


def step(*argv: str, name: str = "step-1", **more: object) -> Step:
    more.setdefault("look_ups", ("any",) if "${{" in f"{argv} {more}" else ())
    return Step(name, "command", Process(argv), PLACE, **more)  # type: ignore[arg-type]


def check(name: str, *argv: str, **more: object) -> Check:
    more.setdefault("steps", (step(*argv),))
    more.setdefault("fingerprint", name)
    return Check(name, name.title(), place=PLACE, **more)  # type: ignore[arg-type]


def playbook(repository: Path, *checks: Check, **services: Service) -> Playbook:
    return Playbook(
        "playbook.yaml",
        str(repository),
        "0" * 64,
        Release("mlflow", "3.6.0"),
        services=services,
        stages={"verification": checks},
    )


@dataclass
class House:
    """A repository with a dossier, in which checks are run."""

    repository: Path
    environment: dict[str, str]
    ears: Ears = field(default_factory=Ears)

    @property
    def dossier(self) -> Dossier:
        return Dossier(self.repository / "out")

    @property
    def live(self) -> Path:
        return self.dossier.live

    def run(self, *checks: Check, only: tuple[str, ...] = (), **options: object) -> Run:
        services = options.pop("services", {})
        book = playbook(self.repository, *checks, **services)  # type: ignore[arg-type]
        return execute(
            make_plan(book, "verification", only),
            self.dossier,
            Options(**options),  # type: ignore[arg-type]
            environment=self.environment,
            listeners=[self.ears],
        )


def outcomes(run: Run) -> dict[str, str]:
    """Give the outcome of each check by its id."""
    return {result.check: str(result.outcome) for result in run.results}
