"""One try at a check: its steps in order, into one log."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import cast

from msgspec.structs import replace

from runner.engine.clock import now
from runner.engine.context import StepContext
from runner.engine.output import Log
from runner.engine.session import Session
from runner.engine.stop import Stop
from runner.errors import DossierError, RunnerError
from runner.kinds.base import Runnable
from runner.model import Attempt, Check, Outcome, Step, StepReport, StepResult
from runner.playbook.expressions import resolve_deep

Outputs = dict[str, str]
"""Values of ``steps.ID.outputs.NAME`` by that name."""


def attempt(session: Session, check: Check, number: int, log: Log) -> Attempt:
    """Carry out the steps of a check, and close the log; raises DossierError."""
    started, began = now(), time.monotonic()
    trial = _Trial(session, check, number, log, began + check.timeout)
    steps = tuple(trial.step(index) for index in range(len(check.steps)))
    outcome, reason, hint = _judge(check, steps, session.stops.gently.signal)
    tail = "" if outcome is Outcome.PASSED else _tail(log)
    return Attempt(
        number=number,
        outcome=outcome,
        reason=reason,
        hint=hint,
        started=started,
        duration=time.monotonic() - began,
        steps=steps,
        log=log.close(),
        tail=tail,
    )


def _tail(log: Log) -> str:
    """Give the end of a log that will be looked for, and is there though nothing was printed."""
    log.begin()
    log.flush()
    return log.tail()


def _judge(check: Check, steps: tuple[StepResult, ...], asked: str) -> tuple[Outcome, str, str]:
    """Give the outcome, reason and hint of the first step that did not pass."""
    for step in steps:
        report = step.report
        if report.outcome in (Outcome.FAILED, Outcome.ERRORED):
            where = f"{step.id}: " if len(check.steps) > 1 else ""
            return report.outcome, f"{where}{report.reason}", report.hint
    if any(step.report.outcome is Outcome.SKIPPED for step in steps):
        return Outcome.ERRORED, f"interrupted by {asked}", ""
    return Outcome.PASSED, "", ""


class _Trial:
    """The steps of one attempt, with what the earlier ones leave to the later."""

    def __init__(
        self, session: Session, check: Check, number: int, log: Log, deadline: float
    ) -> None:
        self._session = session
        self._check = check
        self._number = number
        self._log = log
        self._deadline = deadline
        self._outputs: Outputs = {}
        self._broken = False

    def step(self, index: int) -> StepResult:
        """Carry out a step, or say why not."""
        step = self._check.steps[index]
        stop = self._session.stops.now if step.always else self._session.stops.gently
        reason = "an earlier step did not pass" if self._broken and not step.always else ""
        if stop.signal:
            reason = f"interrupted by {stop.signal}"
        if reason:
            return StepResult(step.id, step.kind, StepReport(Outcome.SKIPPED, reason))
        if len(self._check.steps) > 1:
            self._log.line(f"--- step {index + 1} of {len(self._check.steps)}: {step.id}")
        started, began = now(), time.monotonic()
        report = self._report(step, stop)
        self._broken = self._broken or report.outcome is not Outcome.PASSED
        for name, value in report.outputs.items():
            self._outputs[f"steps.{step.id}.outputs.{name}"] = value
        return StepResult(step.id, step.kind, report, started, time.monotonic() - began)

    def _report(self, step: Step, stop: Stop) -> StepReport:
        try:
            action = resolve_deep(step.action, self._lookup) if step.look_ups else step.action
            if not callable(getattr(action, "run", None)):
                return StepReport(Outcome.ERRORED, f"the kind '{step.kind}' cannot be run")
            context = self._context(step, stop)
            report = cast("Runnable", action).run(context)
        except DossierError:
            raise
        except RunnerError as error:
            return StepReport(Outcome.ERRORED, error.message, error.hint)
        except Exception as error:  # noqa: BLE001 - a kind may be anybody's
            from traceback import format_exc

            for line in format_exc().splitlines():
                self._log.line(line)
            reason = f"the kind '{step.kind}' broke: {type(error).__name__}: {error}"
            return StepReport(Outcome.ERRORED, reason)
        kept = tuple(one for one in context.kept if one not in report.artifacts)
        return replace(report, artifacts=report.artifacts + kept) if kept else report

    def _context(self, step: Step, stop: Stop) -> StepContext:
        own = resolve_deep(step.env, self._lookup) if step.look_ups else step.env
        env = self._session.env({**self._outputs_as_env(), **own}, step.secrets)
        began = time.monotonic()
        deadline = began + self._check.timeout if step.always else self._deadline
        if step.timeout is not None:
            deadline = min(deadline, began + step.timeout)
        return StepContext(
            self._session, self._check, step, self._number, self._log, stop, env, deadline
        )

    def _lookup(self, name: str) -> str | None:
        return self._outputs.get(name, self._session.lookup(name))

    def _outputs_as_env(self) -> Mapping[str, str]:
        """Give ``steps.ID.outputs.NAME`` as ``STEP_ID_NAME``, for shell scripts."""
        env = {}
        for name, value in self._outputs.items():
            _, step, _, output = name.split(".", 3)
            env[f"STEP_{step}_{output}".upper().replace("-", "_")] = value
        return env
