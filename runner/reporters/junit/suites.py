"""From a run to suites: one for the stage, and one for each check that has inner test cases.

Suites are siblings: nested ones are flattened or dropped by some readers. Class names begin with
``package.stage`` and, for inner cases, the check's id, so that the same test in two checks or
stages keeps its own history in readers that follow tests by name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from runner.model import Case, Outcome, Result, Run, ServiceReport
from runner.reporters.junit import faults
from runner.reporters.junit.entries import RED, Entry, Fault, Suite, Tag, no_faults
from runner.reporters.reading import cases, last

Rerun = Callable[[str], str] | None

_TAGS = {
    Outcome.PASSED: Tag.PASSED,
    Outcome.FAILED: Tag.FAILURE,
    Outcome.ERRORED: Tag.ERROR,
    Outcome.SKIPPED: Tag.SKIPPED,
}


def title(run: Run) -> str:
    """Name a run: ``mlflow 3.6.0 verification``."""
    return f"{run.subject.package} {run.subject.version} {run.stage}"


def suites(run: Run, rerun: Rerun = None) -> Iterator[Suite]:
    """Give the suites of a run, that of the stage first."""
    yield Suite(
        title(run),
        run.duration,
        run.started,
        partial(_stage_entries, run, rerun),
        _run_properties(run),
    )
    for result in run.results:
        attempt = last(result)
        found = cases(attempt) if attempt else ()
        if attempt and found:
            yield Suite(
                f"{title(run)}: {result.area or result.check}",
                sum(case.duration for case in found),
                attempt.started,
                partial(_case_entries, run, result, found),
            )


def _stage_entries(run: Run, rerun: Rerun) -> Iterator[Entry]:
    needed = {Tag.ERROR} if run.verdict is Outcome.ERRORED else RED
    explained = False
    for entry in _checks_and_services(run, rerun):
        explained = explained or entry.tag in needed
        yield entry
    if not explained and run.verdict is not Outcome.PASSED:
        yield _unexplained(run)


def _checks_and_services(run: Run, rerun: Rerun) -> Iterator[Entry]:
    for result in run.results:
        yield _check_entry(run, result, rerun)
    for report in run.services:
        if report.outcome is not Outcome.PASSED:
            yield _service_entry(run, report)


def _check_entry(run: Run, result: Result, rerun: Rerun) -> Entry:
    return Entry(
        f"{run.subject.package}.{run.stage}",
        result.area or result.check,
        result.duration,
        _TAGS[result.outcome] if result.counts else Tag.SKIPPED,
        partial(_check_faults, result, rerun),
        _check_properties(result),
    )


def _check_faults(result: Result, rerun: Rerun) -> tuple[Fault, ...]:
    if result.outcome is Outcome.PASSED:
        return tuple(faults.earlier(result, "flaky"))
    if result.outcome is Outcome.SKIPPED:
        return (faults.main_fault(result, "skipped", None),)
    fault = faults.main_fault(result, _TAGS[result.outcome].value, rerun)
    if not result.counts:
        return (faults.allowed(fault),)
    return (fault, *faults.earlier(result, "rerun"))


def _case_entries(run: Run, result: Result, found: tuple[Case, ...]) -> Iterator[Entry]:
    prefix = f"{run.subject.package}.{run.stage}.{result.check}"
    # A check that passes although a case did not has said so itself, by what it expects.
    calm = result.outcome is Outcome.PASSED or not result.counts
    properties = (("check", result.check),)
    for case in found:
        tag = _TAGS[case.outcome]
        faulty: Callable[[], tuple[Fault, ...]] = no_faults
        if tag is not Tag.PASSED:
            faulty = partial(_case_faults, case, tag, calm=calm)
        yield Entry(
            f"{prefix}.{case.classname}" if case.classname else prefix,
            case.name,
            case.duration,
            Tag.SKIPPED if calm and tag in RED else tag,
            faulty,
            properties,
        )


def _case_faults(case: Case, tag: Tag, *, calm: bool) -> tuple[Fault, ...]:
    fault = faults.case_fault(case, tag.value)
    return (faults.allowed(fault) if calm and tag in RED else fault,)


def _service_entry(run: Run, report: ServiceReport) -> Entry:
    calm = run.verdict is Outcome.PASSED

    def faulty() -> tuple[Fault, ...]:
        fault = faults.service_fault(report)
        return (faults.allowed(fault) if calm else fault,)

    return Entry(
        f"{run.subject.package}.{run.stage}.services",
        report.name,
        report.duration,
        Tag.SKIPPED if calm else Tag.ERROR,
        faulty,
    )


def _unexplained(run: Run) -> Entry:
    """Say why a run is not passed, or errored, although no check of it is: nothing ran, say."""
    reason = f"the verdict is {run.verdict.value}"
    if run.interrupted:
        reason = f"interrupted by {run.interrupted}"
    elif run.verdict is Outcome.SKIPPED:
        reason = "nothing ran"
    fault = Fault("error", "verdict", reason, "\n".join(run.warnings))
    return Entry(f"{run.subject.package}.{run.stage}", "verdict", 0.0, Tag.ERROR, lambda: (fault,))


def _run_properties(run: Run) -> tuple[tuple[str, str], ...]:
    subject = run.subject
    pairs = (
        ("run", run.id),
        ("stage", run.stage),
        ("verdict", run.verdict.value),
        ("interrupted", run.interrupted),
        ("package", subject.package),
        ("version", subject.version),
        ("playbook", subject.playbook),
        ("playbook_sha256", subject.playbook_sha256),
        ("profile", subject.profile),
        ("commit", subject.commit),
        ("dirty", str(subject.dirty).lower() if subject.commit else ""),
        ("selected", f"{run.selected} of {run.total}"),
        ("shard", str(run.shard or "")),
        ("runner_version", run.runner_version),
    )
    return tuple(pair for pair in pairs if pair[1])


def _check_properties(result: Result) -> tuple[tuple[str, str], ...]:
    attempt = last(result)
    pairs = (
        ("check", result.check),
        ("area", result.area),
        ("outcome", result.outcome.value),
        ("attempts", str(len(result.attempts))),
        ("flaky", str(result.flaky).lower()),
        ("resumed", str(result.resumed).lower()),
        ("allow_failure", str(result.allow_failure).lower()),
        ("place", str(result.place or "")),
        ("expect", result.expect),
        ("log", attempt.log.path if attempt and attempt.log else ""),
        ("fingerprint", result.fingerprint),
    )
    return tuple(pair for pair in pairs if pair[1])
