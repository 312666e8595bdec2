"""A check with its services, its attempts and its artifacts."""

from __future__ import annotations

import time
from dataclasses import replace

from runner.engine.artifacts import collect
from runner.engine.attempt import attempt
from runner.engine.clock import now
from runner.engine.output import Log
from runner.engine.resume import AttemptEnd, AttemptStart, Past
from runner.engine.services import Services, Unready
from runner.engine.session import Session
from runner.events import AttemptEnded, AttemptStarted
from runner.model import Attempt, Check, Outcome, Result


def skipped(check: Check, reason: str) -> Result:
    """Make the result of a check that does not run."""
    return _result(check, Outcome.SKIPPED, reason)


def carry_out(
    session: Session, services: Services, check: Check, past: Past
) -> tuple[Result, tuple[Attempt, ...]]:
    """Run a check, as often as its retry allows; raises DossierError.

    Gives the result, which does not hold the attempts, and every attempt.
    """
    started, began = now(), time.monotonic()
    try:
        services.ready(check.services)
    except Unready as trouble:
        result = _result(check, Outcome.ERRORED, trouble.reason, trouble.hint)
        return replace(result, started=started, duration=time.monotonic() - began), ()
    attempts = past.attempts + _attempts(session, check, past)
    last = attempts[-1]
    result = _result(check, last.outcome, last.reason, _hint(services, check, last))
    if check.artifacts:
        result = _with_artifacts(session, check, result)
    passed = result.outcome is Outcome.PASSED
    duration = time.monotonic() - began
    flaky = passed and len(attempts) > 1
    return replace(result, started=started, duration=duration, flaky=flaky), attempts


def _attempts(session: Session, check: Check, past: Past) -> tuple[Attempt, ...]:
    made: list[Attempt] = []
    delay = check.retry.delay
    for left in reversed(range(check.retry.attempts)):
        made.append(_attempt(session, check, past.started + len(made) + 1))
        done = made[-1].outcome is Outcome.PASSED or session.stops.gently.signal or not left
        session.bus.tell(AttemptEnded(check, made[-1], None if done else delay))
        if done or not session.stops.gently.wait(delay):
            break
        delay *= check.retry.backoff
    return tuple(made)


def _attempt(session: Session, check: Check, number: int) -> Attempt:
    name = f"{session.stage}/logs/{check.id}.{number}.log"
    session.journal.append("attempt_started", AttemptStart(check.id, number, name))
    log = Log(session.live / name, name, session.redactor, session.bus.output_of(check.id))
    session.bus.tell(AttemptStarted(check, number, log.last_line))
    made = AttemptEnd(check.id, attempt(session, check, number, log))
    return session.journal.append("attempt_ended", made).attempt


def _hint(services: Services, check: Check, last: Attempt) -> str:
    """Give the attempt's hint, or better, that a service has died under the check."""
    if last.outcome is not Outcome.PASSED:
        try:
            services.ready(check.services)
        except Unready as trouble:
            return trouble.reason
    return last.hint


def _with_artifacts(session: Session, check: Check, result: Result) -> Result:
    """Keep what the check's globs match; a check that passes must leave what it promises."""
    kept, missed = collect(session, check)
    result = replace(result, artifacts=kept)
    if missed and result.outcome is Outcome.PASSED:
        reason = f"no file matches artifacts: {', '.join(missed)}"
        return replace(result, outcome=Outcome.ERRORED, reason=reason)
    return result


def _result(check: Check, outcome: Outcome, reason: str, hint: str = "") -> Result:
    return Result(
        check=check.id,
        area=check.area,
        outcome=outcome,
        reason=reason,
        hint=hint,
        expect=check.expect,
        place=check.place,
        allow_failure=check.allow_failure,
        fingerprint=check.fingerprint,
    )
