"""A scan through its context: what it records, what it compares with, how it is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from unit.advisories.records import folder, record
from unit.kinds.fakes import FakeContext, ProcessContext, execution, node

from runner.advisories.sources.base import SourceError
from runner.kinds.advisories import ADVISORIES
from runner.kinds.base import Finished
from runner.kinds.door import ContextDoor
from runner.model import Outcome, Release, StepReport

FLAW = {"introduced": "0"}, {"fixed": "3.9.0"}


@pytest.fixture
def context(tmp_path: Path) -> ProcessContext:
    """Make a repository with a lock, and a database with one flaw of what it locks."""
    (tmp_path / "lock.txt").write_text("mlflow==3.6.0\nflask==3.1.2\n")
    flaw(tmp_path)
    return ProcessContext(tmp_path)


def flaw(repository: Path, *events: dict[str, str], name: str = "CVE-2026-1") -> None:
    folder(repository / "osv", record(name, list(events or FLAW)))


def scan(context: FakeContext, which: str = "after", **changes: object) -> StepReport:
    parameters = {
        "scan": which,
        "subject": {"lock": {"file": "lock.txt", "python": sys.executable}},
        "sources": [{"osv": "osv"}],
        "policy": {"packages": ["mlflow"]},
        **changes,
    }
    read = ADVISORIES.parameters.read(node(yaml.safe_dump(parameters)), "with")
    return ADVISORIES.build(read, None).run(context)


def recorded(context: FakeContext, name: str) -> Any:  # noqa: ANN401 - JSON
    return json.loads(context.recorded[name])


def test_a_finding_is_forbidden(context: ProcessContext) -> None:
    report = scan(context)
    assert report.outcome is Outcome.FAILED
    assert report.reason == "1 forbidden finding in mlflow 3.6.0: CVE-2026-1 (unrated)"
    assert [(one.classname, one.name, one.outcome) for one in report.cases] == [
        ("mlflow", "CVE-2026-1", Outcome.FAILED)
    ]
    assert {one.what: one.holds for one in report.assertions} == {
        "scan": True,
        "forbidden findings": False,
    }
    assert report.outputs == {"forbidden": "1", "waived": "0", "findings": "1"}
    assert recorded(context, "safety-after.json")["commit"] == "c0ffee"
    assert b"flask==3.1.2\nmlflow==3.6.0\n" in context.recorded["locks/after.txt"]
    assert "safety-diff.json" not in context.recorded
    assert {one.path for one in report.artifacts} >= {"safety-after.json", "locks/after.txt"}


def test_no_finding_passes(context: ProcessContext) -> None:
    flaw(context.repository, {"introduced": "3.7.0"})
    report = scan(context)
    assert (report.outcome, report.reason) == (Outcome.PASSED, "")
    assert report.cases == ()


def test_a_baseline_passes_with_its_findings(context: ProcessContext) -> None:
    report = scan(context, "before", policy={"new": True})
    assert (report.outcome, report.outputs) == (Outcome.PASSED, {"findings": "1"})
    assert sorted(context.recorded) == ["locks/before.txt", "safety-before.json"]
    assert any("found     mlflow 3.6.0 CVE-2026-1" in line for line in context.logged)
    assert not any("FORBIDDEN" in line for line in context.logged)


def test_the_baseline_is_compared_with(context: ProcessContext) -> None:
    scan(context, "before")
    (context.repository / "lock.txt").write_text("mlflow==3.9.0\nflask==3.2.0\n")
    context.release = Release("mlflow", "3.9.0")
    report = scan(context, policy={"new": True})
    assert report.outcome is Outcome.PASSED
    (gone,) = recorded(context, "safety-diff.json")["gone"]
    assert (gone["vulnerability"]["id"], gone["reason"]) == ("CVE-2026-1", "fixed")
    assert report.outputs["gone"] == "1"
    changed = recorded(context, "locks/diff.json")["changed"]
    assert {one["name"] for one in changed} == {"mlflow", "flask"}
    assert any("gone      mlflow CVE-2026-1: fixed" in line for line in context.logged)


def test_new_findings_need_a_baseline(context: ProcessContext) -> None:
    report = scan(context, policy={"new": True})
    assert report.outcome is Outcome.ERRORED
    assert "no baseline" in report.reason


def git(repository: Path, *words: str) -> None:
    identity = ("-c", "user.name=n", "-c", "user.email=e")
    subprocess.run(["git", "-C", repository, *identity, *words], check=True, capture_output=True)


def test_the_base_branch_gives_the_baseline_where_none_was_recorded(
    context: ProcessContext,
) -> None:
    git(context.repository, "init", "-q", "-b", "main")
    git(context.repository, "add", "lock.txt")
    git(context.repository, "commit", "-q", "-m", "first")
    (context.repository / "lock.txt").write_text("mlflow==3.9.0\nflask==3.1.2\n")
    context.release = Release("mlflow", "3.9.0")
    context.base = "main"

    report = scan(context)

    before = recorded(context, "safety-before.json")
    assert report.outcome is Outcome.PASSED
    assert before["version"] == "3.6.0"
    assert "main" in before["inventory"]["origin"]
    assert recorded(context, "safety-diff.json")["gone"][0]["reason"] == "fixed"
    assert any("no baseline was recorded" in line for line in context.logged)


def test_a_recorded_baseline_counts_before_the_base_branch(context: ProcessContext) -> None:
    scan(context, "before")
    context.base = "no-such-branch"
    assert scan(context).outcome is Outcome.FAILED
    assert any("recorded earlier" in line for line in context.logged)


def test_a_base_that_is_not_there_is_an_error(context: ProcessContext) -> None:
    git(context.repository, "init", "-q")
    context.base = "origin/main"
    report = scan(context)
    assert report.outcome is Outcome.ERRORED
    assert "origin/main" in report.reason


def test_a_baseline_that_was_tampered_with_is_an_error(context: ProcessContext) -> None:
    context.recorded["safety-before.json"] = b"{}"
    report = scan(context)
    assert report.outcome is Outcome.ERRORED
    assert "safety-before.json" in report.reason


def test_the_release_must_be_what_is_scanned(context: ProcessContext) -> None:
    context.release = Release("mlflow", "3.7.0")
    for which in ("before", "after"):
        report = scan(context, which)
        assert report.outcome is Outcome.ERRORED
        assert "the scanned subject is not the release's" in report.reason
    assert "safety-before.json" not in context.recorded
    assert "safety-before.json" in context.saved


def test_every_source_is_asked_and_every_trouble_told(context: ProcessContext) -> None:
    report = scan(context, sources=[{"osv": "nowhere"}, {"safety": {"database": "no-database"}}])
    assert report.outcome is Outcome.ERRORED
    assert "nowhere" in report.reason
    assert "no-database" in report.reason
    assert context.recorded == {}


def test_a_waiver_excuses_and_is_told(context: ProcessContext) -> None:
    (context.repository / "waivers.yaml").write_text(
        "waivers:\n"
        "  - {id: CVE-2026-1, package: mlflow, versions: '<3.7', reason: not served,\n"
        "     owner: ML Lead, expires: 2199-01-31}\n"
        "  - {id: CVE-2026-9, package: mlflow, versions: '<3.7', reason: not served,\n"
        "     owner: ML Lead, expires: 2199-01-31}\n"
    )
    report = scan(context, waivers="waivers.yaml")
    assert (report.outcome, report.outputs["waived"]) == (Outcome.PASSED, "1")
    (case,) = report.cases
    assert case.outcome is Outcome.SKIPPED
    assert case.message == "waived by ML Lead until 2199-01-31: not served"
    assert any("waivers.yaml:4:5: unused" in line for line in context.logged)


def test_what_no_rule_forbids_is_a_passed_case(context: ProcessContext) -> None:
    report = scan(context, policy={"ids": ["CVE-2026-2"]})
    assert report.outcome is Outcome.PASSED
    assert [case.outcome for case in report.cases] == [Outcome.PASSED]


def test_newer_versions_are_asked_for(context: ProcessContext) -> None:
    context.env = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PATH": "/usr/bin:/bin"}
    scan(context, "before", outdated=True)
    assert recorded(context, "locks/outdated.json")["format"] == "upgrade-runner/outdated/1"


def test_a_new_finding_is_told_with_its_cause(context: ProcessContext) -> None:
    flaw(context.repository, {"introduced": "3.7.0"})
    scan(context, "before")
    (context.repository / "lock.txt").write_text("mlflow==3.8.0\n")
    context.release = Release("mlflow", "3.8.0")
    report = scan(context, policy={"new": True})
    assert report.outcome is Outcome.FAILED
    assert any(line.startswith("new       mlflow 3.8.0 CVE-2026-1") for line in context.logged)


def test_it_says_what_it_would_do() -> None:
    parameters = {
        "scan": "before",
        "subject": {"lock": "lock.txt"},
        "sources": [{"osv": "osv"}],
        "policy": {"packages": ["mlflow"]},
    }
    shape = ADVISORIES.parameters
    lines = ADVISORIES.build(shape.read(node(yaml.safe_dump(parameters)), "with"), None).describe()
    assert "lock.txt" in lines[0]
    assert "keep as baseline" in lines[0]
    assert "osv" in lines[1]


# --- the door -----------------------------------------------------------------------------


def door(tmp_path: Path, finished: Finished) -> ContextDoor:
    return ContextDoor(FakeContext(tmp_path, finished))


def test_the_door_gives_output_and_exit_code(tmp_path: Path) -> None:
    lent = door(tmp_path, Finished(execution(exit_code=64), b"out", b"err"))
    ended = lent.run(("tool", "check"), env={"A": "b"}, timeout=5.0)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (64, b"out", b"err")
    assert len(lent.executions) == 1
    assert isinstance(lent.context, FakeContext)
    (command,) = lent.context.commands
    assert (command.argv, command.cwd, command.split) == (("tool", "check"), ".", True)
    assert (dict(command.env), command.timeout) == ({"A": "b"}, 5.0)


def test_the_door_keeps_what_cleaned_up_as_evidence(tmp_path: Path) -> None:
    lent = door(tmp_path, Finished(execution(exit_code=1)))
    lent.clean_up(("docker", "rm", "x"))
    assert [one.exit_code for one in lent.executions] == [1]


@pytest.mark.parametrize(
    ("finished", "trouble"),
    [
        (Finished(execution(exit_code=None, error="tool: not found")), "tool: not found"),
        (Finished(execution(exit_code=None, stopped="timeout")), "timed out after 5s"),
        (Finished(execution(exit_code=None, signal="SIGSEGV")), "ended by SIGSEGV"),
        (Finished(execution(), truncated=True), "printed more than 8 MiB"),
    ],
)
def test_the_door_tells_what_did_not_come_to_an_end(
    tmp_path: Path, finished: Finished, trouble: str
) -> None:
    with pytest.raises(SourceError, match=trouble):
        door(tmp_path, finished).run(("tool",), timeout=5.0)
