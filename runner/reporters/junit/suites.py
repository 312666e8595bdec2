"""From a run to suites: one for the stage, and one for each check that has inner test cases.

Suites are siblings: nested ones are flattened or dropped by some readers. Class names begin with
``package.stage`` and, for inner cases, the check's id, so that the same test in two checks or
stages keeps its own history in readers that follow tests by name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial

from runner.model import Case, Outcome, Result, Run, ServiceReport
from runner.reporters.junit import faults
from runner.reporters.junit.entries import RED, Entry, Fault, Suite, Tag, no_faults
from runner.reporters.junit.properties import case_properties, check_properties, run_properties
from runner.reporters.reading import cases, last, leftovers, results_at

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
    others = tuple(_others(run))
    yield Suite(
        title(run),
        run.duration,
        run.started,
        partial(_stage_entries, run, rerun, others),
        _checks_tally(run) + Counter(entry.tag for entry in others),
        run_properties(run),
    )
    for result in results_at(run, run.tally.with_cases):
        attempt = last(result)
        if attempt:
            found = cases(attempt)
            calm = _is_calm(result)
            yield Suite(
                f"{title(run)}: {result.area or result.check}",
                sum(case.duration for case in found),
                attempt.started,
                partial(_case_entries, run, result, found),
                Counter(_case_tag(case, calm=calm) for case in found),
            )


def _stage_entries(run: Run, rerun: Rerun, others: Iterable[Entry]) -> Iterator[Entry]:
    for result in run.results:
        yield _check_entry(run, result, rerun)
    yield from others


def _checks_tally(run: Run) -> Counter[Tag]:
    """Count the entries of checks without making them."""
    counted = Counter({tag: run.tally.counted(outcome) for outcome, tag in _TAGS.items()})
    counted[Tag.SKIPPED] += run.tally.allowed
    return counted


def _others(run: Run) -> Iterator[Entry]:
    """Give the entries that are of no check: services, and what no check explains."""
    red = _checks_tally(run)
    for report in run.services:
        if report.outcome is not Outcome.PASSED:
            entry = _service_entry(run, report)
            red[entry.tag] += 1
            yield entry
    needed = {Tag.ERROR} if run.verdict is Outcome.ERRORED else RED
    if run.verdict is not Outcome.PASSED and not any(red[tag] for tag in needed):
        yield _unexplained(run)


def _check_entry(run: Run, result: Result, rerun: Rerun) -> Entry:
    told = result.outcome is not Outcome.PASSED or len(result.attempts) > 1 or leftovers(result)
    return Entry(
        f"{run.subject.package}.{run.stage}",
        result.area or result.check,
        result.duration,
        _TAGS[result.outcome] if result.counts else Tag.SKIPPED,
        partial(_check_faults, result, rerun) if told else no_faults,
        partial(check_properties, result),
    )


def _check_faults(result: Result, rerun: Rerun) -> tuple[Fault, ...]:
    return (*_faults(result, rerun), *faults.left_running(result))


def _faults(result: Result, rerun: Rerun) -> tuple[Fault, ...]:
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
    calm = _is_calm(result)
    properties = partial(case_properties, result)
    for case in found:
        tag = _TAGS[case.outcome]
        faulty: Callable[[], tuple[Fault, ...]] = no_faults
        if tag is not Tag.PASSED:
            faulty = partial(_case_faults, case, tag, calm=calm)
        yield Entry(
            f"{prefix}.{case.classname}" if case.classname else prefix,
            case.name,
            case.duration,
            _case_tag(case, calm=calm),
            faulty,
            properties,
        )


def _is_calm(result: Result) -> bool:
    """Say whether no case of a check is red.

    One that passes although a case did not has said so itself, by what it expects.
    """
    return result.outcome is Outcome.PASSED or not result.counts


def _case_tag(case: Case, *, calm: bool) -> Tag:
    tag = _TAGS[case.outcome]
    return Tag.SKIPPED if calm and tag in RED else tag


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
