from __future__ import annotations

import pytest
from msgspec.structs import replace
from unit.reporters import samples

from runner.model import Case, Outcome, Run
from runner.reporters.console.closing import closing, verdict
from runner.reporters.console.page import Look, can_unicode, render
from runner.reporters.width import cells


def text(run: Run, look: Look, *, brief: bool = False) -> str:
    found = closing(run, samples.POINTERS, look, brief=brief)
    return "".join(f"{render(line, color=look.color)}\n" for line in found)


@pytest.mark.parametrize("width", [120, 80, 40, 20])
def test_golden(width: int) -> None:
    samples.compare(f"closing-{width}.txt", text(samples.mixed(), Look(width)))


def test_golden_brief() -> None:
    samples.compare("closing-brief.txt", text(samples.mixed(), Look(100), brief=True))


def test_golden_ascii() -> None:
    samples.compare("closing-ascii.txt", text(samples.mixed(), Look(80, unicode=False)))


def test_golden_color() -> None:
    samples.compare("closing-color.txt", text(samples.mixed(), Look(100, color=True)))


@pytest.mark.parametrize("width", [20, 21, 35, 49, 50, 63, 80])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    for line in text(samples.mixed(), Look(width)).splitlines():
        whole = line.startswith(("  log  ", "  rerun  ", "evidence:"))  # kept whole, to be copied
        assert whole or cells(line) <= width


@pytest.mark.parametrize("width", [0, 1, 5])
def test_the_tiniest_terminals_get_something(width: int) -> None:
    assert "ERRORED" in text(samples.mixed(), Look(width)).replace("\n", "")


def test_nothing_is_said_twice_where_all_has_passed() -> None:
    run = samples.run(samples.result("quick", "Quick", samples.attempt(Outcome.PASSED)))
    assert text(run, Look()) == (
        "\n"
        "  Outcome  Check                  Time\n"
        "──────────────────────────────────────\n"
        "✓ passed   Quick                 1.2 s\n"
        "\n"
        "PASSED mlflow 3.6.0 verification: 1 passed in 31.2 s · evidence: analysis_outputs/live\n"
    )


def said(run: Run) -> str:
    (line,) = verdict(run, "here", Look())
    return render(line, color=False)


def test_verdicts() -> None:
    empty = samples.run(verdict=Outcome.SKIPPED)
    assert said(empty) == (
        "NOTHING RAN mlflow 3.6.0 verification: no checks in 31.2 s · evidence: here"
    )
    stopped = replace(empty, verdict=Outcome.ERRORED, interrupted="SIGINT")
    assert "in 31.2 s, interrupted by SIGINT ·" in said(stopped)
    assert said(samples.mixed()).startswith(
        "ERRORED mlflow 3.6.0 verification: 1 failed, 1 errored, 2 passed, 1 skipped, "
        "1 failed as allowed in 31.2 s (1 flaky, 1 resumed, 6 of 9 checks selected)"
    )


def test_many_inner_cases_are_cut() -> None:
    cases = tuple(Case("c", f"t{number}", Outcome.FAILED) for number in range(12))
    failed = samples.attempt(Outcome.FAILED, samples.step(cases=cases))
    found = text(samples.run(samples.result("a", "A", failed)), Look())
    assert "  ✗ c::t9\n    and 2 more\n" in found


def test_a_check_without_an_attempt_and_a_service_without_a_reason() -> None:
    run = samples.mixed()
    service = replace(run.services[0], reason="", hint="", log=None, tail="")
    failed = replace(run.results[5], outcome=Outcome.ERRORED, reason="", area=" ")
    found = text(replace(run, results=(failed,), services=(service,)), Look())
    assert "! service postgres\n  not ready\n\n! rehearsal  errored\n  rerun" in found


def test_encodings() -> None:
    assert can_unicode("utf-8")
    assert not can_unicode("latin-1")
    assert not can_unicode("no such encoding")
    assert not can_unicode(None)
