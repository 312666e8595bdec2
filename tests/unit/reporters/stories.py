"""Events as the engine would tell them, for the consoles to hear."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace
from unit.reporters import samples

from runner.events import (
    AttemptEnded,
    AttemptStarted,
    CheckEnded,
    Event,
    Output,
    RunEnded,
    RunStarted,
    ServiceEnded,
    ServiceReady,
    ServiceStarting,
)
from runner.model import Outcome, Result, ServiceReport

HOSTILE = "old\r\x1b[2J\x1b]0;title\x07[bold]now[/bold] \u202eevil\ud800\x9b1A" + "x" * 200


def told() -> Iterator[Event]:
    """Tell the whole story of `samples.mixed`, hostile output included."""
    run = samples.mixed()
    checks = tuple(samples.check(item.check, item.area, 3) for item in run.results)
    yield RunStarted("r1", "verification", "mlflow 3.6.0", checks)
    for name in ("mlflow", "postgres"):
        yield ServiceStarting(name, lambda: HOSTILE)
    yield ServiceReady("mlflow", 7.1)
    yield ServiceEnded(run.services[0])
    for check, result in zip(checks, run.results, strict=True):
        for attempt in result.attempts:
            yield AttemptStarted(check, attempt.number, lambda: HOSTILE)
            yield Output(check.id, b"one\x1b[31m\xff\r\ntw")
            yield Output("another", b"half a line")
            yield Output(check.id, b"o\n\xe2\x9c")
            yield Output(check.id, b"\x93 rest")
            again = attempt is not result.attempts[-1]
            yield AttemptEnded(check, attempt, 2.0 if again else None)
        yield CheckEnded(check, result)
    yield ServiceEnded(ServiceReport("mlflow", Outcome.PASSED))
    yield RunEnded(run)


def passed() -> Iterator[Event]:
    """Tell of one check that passes."""
    result: Result = samples.result("quick", "Quick", samples.attempt(Outcome.PASSED))
    check = samples.check("quick", "Quick")
    yield RunStarted("r1", "verification", "mlflow 3.6.0", (check,))
    yield AttemptStarted(check, 1, lambda: "")
    yield AttemptEnded(check, result.attempts[0], None)
    yield CheckEnded(check, result)
    yield RunEnded(replace(samples.run(result), total=1))
