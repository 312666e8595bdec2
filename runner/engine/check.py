"""A check with its services, its attempts and its artifacts."""

from __future__ import annotations

import time
from typing import NamedTuple

from runner.engine.artifacts import collect
from runner.engine.attempt import attempt
from runner.engine.clock import now
from runner.engine.output import Log
from runner.engine.resume import AttemptEnd, AttemptStart, Past
from runner.engine.services import Services, Unready
from runner.engine.session import Session
from runner.events import AttemptEnded, AttemptStarted
from runner.model import Artifact, Attempt, Check, Outcome, Result


class _End(NamedTuple):
    """How a check ended, and what it left."""

    outcome: Outcome
    reason: str
    hint: str = ""
    artifacts: tuple[Artifact, ...] = ()


def skipped(check: Check, reason: str) -> Result:
    """Make the result of a check that does not run."""
    return _result(check, _End(Outcome.SKIPPED, reason))


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
        end = _End(Outcome.ERRORED, trouble.reason, trouble.hint)
        return _result(check, end, started, time.monotonic() - began), ()
    attempts = past.attempts + _attempts(session, check, past)
    last = attempts[-1]
    end = _End(last.outcome, last.reason, _hint(services, check, last))
    if check.artifacts:
        end = _with_artifacts(session, check, end)
    flaky = len(attempts) > 1 and end.outcome is Outcome.PASSED
    return _result(check, end, started, time.monotonic() - began, flaky=flaky), attempts


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
    path = f"{session.live}/{name}"  # a Path is dear, for each attempt
    log = Log(path, name, session.redactor, session.bus.output_of(check.id))
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


def _with_artifacts(session: Session, check: Check, end: _End) -> _End:
    """Keep what the check's globs match; a check that passes must leave what it promises."""
    kept, missed = collect(session, check)
    if missed and end.outcome is Outcome.PASSED:
        reason = f"no file matches artifacts: {', '.join(missed)}"
        return _End(Outcome.ERRORED, reason, end.hint, kept)
    return end._replace(artifacts=kept)


def _result(
    check: Check, end: _End, started: str = "", duration: float = 0.0, *, flaky: bool = False
) -> Result:
    return Result(
        check=check.id,
        area=check.area,
        outcome=end.outcome,
        reason=end.reason,
        hint=end.hint,
        expect=check.expect,
        place=check.place,
        artifacts=end.artifacts,
        started=started,
        duration=duration,
        flaky=flaky,
        allow_failure=check.allow_failure,
        fingerprint=check.fingerprint,
    )
