"""What went wrong, for people who see nothing but the JUnit report."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from runner.model import Attempt, Case, Outcome, Result, ServiceReport
from runner.reporters.junit.entries import OUTPUT, Fault
from runner.reporters.reading import UNHAPPY, broken, cases, last, leftovers
from runner.reporters.text import clean, one_line
from runner.reporters.width import shorten

_MESSAGE_CELLS = 200
_MESSAGE_LIMIT = 4096
_STOPS = frozenset({"timeout", "interrupted"})


def message(text: str, fallback: str = "no reason was given") -> str:
    """Shorten a reason to one line that fits a list."""
    line = one_line(text.strip()[:_MESSAGE_LIMIT].partition("\n")[0])
    return shorten(line, _MESSAGE_CELLS) or fallback


def kind_of(attempt: Attempt) -> str:
    """Give the stable word for what went wrong, the nearest cause first."""
    executions = [run for step in attempt.steps for run in step.report.executions]
    if any(run.error for run in executions):
        return "not_started"
    for run in executions:
        if run.stopped:
            return run.stopped if run.stopped in _STOPS else "stopped"
    if any(case.outcome in UNHAPPY for case in cases(attempt)):
        return "test"
    if any(run.signal for run in executions):
        return "signal"
    if broken(attempt):
        return "assertion"
    return attempt.outcome.value


def body(result: Result, attempt: Attempt, rerun: Callable[[str], str] | None) -> str:
    """Tell an attempt's whole story: reason, expectations, hint, places, the log's tail."""
    return "\n".join(_story(result, attempt, rerun))


def _story(result: Result, attempt: Attempt, rerun: Callable[[str], str] | None) -> Iterator[str]:
    yield attempt.reason
    for item in broken(attempt):
        yield f"{item.what}: expected {item.expected}, actual {item.actual}"
    if attempt.hint:
        yield f"hint: {attempt.hint}"
    if result.expect:
        yield f"expected by the playbook: {result.expect}"
    if result.place:
        yield f"place: {result.place}"
    if attempt.log:
        yield f"log: {attempt.log.path}"
    if rerun:
        yield f"rerun: {rerun(result.check)}"
    if attempt.tail.strip():
        yield f"\nlast lines of the log:\n{clean(attempt.tail).rstrip()}"


def main_fault(result: Result, element: str, rerun: Callable[[str], str] | None) -> Fault:
    """Give the element for the outcome of a check."""
    attempt = last(result)
    if attempt is None:
        lines = (result.reason, f"hint: {result.hint}" if result.hint else "")
        text = "" if element == "skipped" else "\n".join(filter(None, lines))
        return Fault(element, result.outcome.value, message(result.reason), text)
    return Fault(element, kind_of(attempt), message(result.reason), body(result, attempt, rerun))


def earlier(result: Result, prefix: str) -> Iterator[Fault]:
    """Give the attempts before the last, as ``flaky…`` or ``rerun…`` elements."""
    for attempt in result.attempts[:-1]:
        element = f"{prefix}{'Error' if attempt.outcome is Outcome.ERRORED else 'Failure'}"
        text = body(result, attempt, None)
        yield Fault(element, kind_of(attempt), message(attempt.reason), text)


def allowed(fault: Fault) -> Fault:
    """Turn a fault that does not count into one that does not redden the report."""
    text = message(f"failure allowed: {fault.message}")
    return Fault("skipped", "allowed_failure", text, fault.text)


def case_fault(case: Case, element: str) -> Fault:
    """Give the element for the case of an inner test runner."""
    first = case.message.strip() or case.text
    return Fault(element, case.outcome.value, message(first), case.text or case.message)


def service_fault(report: ServiceReport) -> Fault:
    """Give the element for a service that was not there."""
    lines = [report.reason]
    if report.hint:
        lines.append(f"hint: {report.hint}")
    if report.log:
        lines.append(f"log: {report.log.path}")
    if report.tail.strip():
        lines.append(f"\nlast lines of the log:\n{clean(report.tail).rstrip()}")
    return Fault("error", "service", message(report.reason), "\n".join(lines))


def left_running(result: Result) -> Iterator[Fault]:
    """Tell of processes that a check left running: no fault of its own, for it may have passed."""
    if left := leftovers(result):
        told = "\n".join(f"left running, and stopped by the runner: {one}" for one in left)
        yield Fault(OUTPUT, "", "", clean(told))
