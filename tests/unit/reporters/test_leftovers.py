"""What a check left running is told wherever people look, also where it passed."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from lxml import etree
from support.shared import shared
from unit.reporters import samples
from unit.reporters.test_junit import written
from unit.reporters.test_plain import play

from runner.engine.dossier import Dossier
from runner.events import CheckEnded, RunEnded
from runner.model import Outcome, Run
from runner.reporters.base import Context, Dialect
from runner.reporters.console import Options
from runner.reporters.markdown import summary

TOLD = "left running: 1234 python serve.py and 1 more"


def left() -> Run:
    ran = msgspec.structs.replace(
        samples.execution(), leftovers=("1234 python \x1b[1mserve.py", "1235 sleep 9")
    )
    passed = samples.attempt(Outcome.PASSED, samples.step(executions=(ran,)))
    return samples.run(samples.result("serve", "Serve", passed))


def test_the_console_tells() -> None:
    run = left()
    check = samples.check("serve", "Serve")
    assert TOLD in play(Options(), [CheckEnded(check, run.results[0]), RunEnded(run)])


def test_the_summary_tells(tmp_path: Path) -> None:
    assert TOLD in summary(left(), Dossier(tmp_path), Context())


@pytest.mark.parametrize("dialect", ["strict", "extended"])
def test_the_junit_report_tells_and_counts_no_failure(dialect: Dialect) -> None:
    root = etree.fromstring(written(left(), dialect))
    (told,) = root.iter("system-out")
    assert told.text == (
        "left running, and stopped by the runner: 1234 python serve.py\n"
        "left running, and stopped by the runner: 1235 sleep 9"
    )
    assert root.xpath("string(//system-out/../@name)") == "Serve"
    assert root.xpath("sum(//testsuite/@failures) + sum(//testsuite/@errors)") == 0
    if dialect == "strict":
        etree.XMLSchema(etree.parse(shared("schemas/junit-10.xsd"))).assertValid(root)


def test_a_failed_check_tells_too() -> None:
    (result,) = left().results
    bad = samples.attempt(Outcome.FAILED, result.attempts[0].steps[0])
    root = etree.fromstring(written(samples.run(samples.result("serve", "Serve", bad))))
    (case,) = root.iter("testcase")
    assert [one.tag for one in case] == ["failure", "system-out"]
