"""The reports of a run that has scanned: what they are made of, and where they go."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from unit.reporters.samples import NOON, attempt, result, run
from unit.reporters.snapshots import FLAW, LOCK, flawed

from runner.advisories.safety_document import SnapshotError, encode
from runner.engine.dossier import Dossier
from runner.errors import DossierError
from runner.model import Artifact, Case, Outcome, Run, StepReport, StepResult
from runner.reporters import context, registry
from runner.reporters.base import Context

BEFORE, AFTER = "safety-before.json", "safety-after.json"
FLAWED = encode(flawed(FLAW))
FORBIDDEN = Case("mlflow", "CVE-2026-10", Outcome.FAILED, message="is tracked")
WAIVED = Case("mlflow", "CVE-2026-10", Outcome.SKIPPED, message="waived by ML Lead")
ALLOWED = Case("mlflow", "CVE-2026-10", Outcome.PASSED)


@pytest.fixture
def dossier(tmp_path: Path) -> Dossier:
    made = Dossier(tmp_path / "out")
    made.live.mkdir(parents=True)
    return made


def scan(
    *recorded: Artifact,
    outcome: Outcome = Outcome.PASSED,
    cases: tuple[Case, ...] = (),
    reason: str = "",
    hint: str = "",
) -> StepResult:
    report = StepReport(outcome, reason, hint, cases=cases, artifacts=recorded)
    return StepResult("scan", "advisories", report, NOON, 1.0)


def scanned(*steps: StepResult) -> Run:
    return run(result("scan", "Regression safety scan", attempt(Outcome.PASSED, *steps)))


def put(dossier: Dossier, name: str, content: bytes = FLAWED) -> Artifact:
    (dossier.live / name).write_bytes(content)
    return Artifact(name, len(content), hashlib.sha256(content).hexdigest())


def report(dossier: Dossier, of: Run, *files: str) -> None:
    registry.write(of, dossier, gathered(dossier, of, files), ("sarif", "sbom"))
    before = written(dossier)
    assert registry.rebuild((of,), dossier, ("sarif", "sbom")) == {}
    assert written(dossier) == before


def gathered(dossier: Dossier, of: Run, files: tuple[str, ...]) -> Context:
    return context.gather(of, dossier, dossier.output.parent, files, "strict")


def written(dossier: Dossier) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in dossier.live.rglob("*") if path.is_file()}


def sarif(dossier: Dossier) -> dict[str, Any]:
    (only,) = json.loads((dossier.live / "verification" / "findings.sarif").read_bytes())["runs"]
    assert isinstance(only, dict)
    return only


def place(dossier: Dossier) -> tuple[str, int]:
    (location,) = sarif(dossier)["results"][0]["locations"]
    physical = location["physicalLocation"]
    return physical["artifactLocation"]["uri"], physical["region"]["startLine"]


def test_a_run_without_a_scan_leaves_nothing(dossier: Dossier) -> None:
    report(dossier, run(result("unit", "Unit tests", attempt(Outcome.PASSED))))
    assert [path.name for path in dossier.live.rglob("*.*")] == ["context.json"]


def test_a_gate_leaves_sarif_and_a_bill(dossier: Dossier) -> None:
    report(dossier, scanned(scan(put(dossier, AFTER))))
    assert sarif(dossier)["automationDetails"]["id"] == "upgrade-runner/mlflow/verification/r1"
    assert (dossier.live / "sbom-after.cdx.json").is_file()
    assert not (dossier.live / "sbom-before.cdx.json").exists()


def test_a_baseline_leaves_them_too(dossier: Dossier) -> None:
    report(dossier, scanned(scan(put(dossier, BEFORE))))
    assert len(sarif(dossier)["results"]) == 1
    assert (dossier.live / "sbom-before.cdx.json").is_file()
    assert not (dossier.live / "sbom-after.cdx.json").exists()


def test_of_both_the_sarif_is_of_the_gate(dossier: Dossier) -> None:
    after = put(dossier, AFTER, encode(flawed(FLAW, mlflow="3.9.0")))
    report(dossier, scanned(scan(put(dossier, BEFORE), after)))
    assert sarif(dossier)["results"] == []
    assert (dossier.live / "sbom-before.cdx.json").is_file()


@pytest.mark.parametrize(
    ("case", "level"), [(FORBIDDEN, "error"), (WAIVED, "note"), (ALLOWED, "warning")]
)
def test_the_cases_of_the_gate_are_the_levels(dossier: Dossier, case: Case, level: str) -> None:
    report(dossier, scanned(scan(put(dossier, AFTER), cases=(case,))))
    (found,) = sarif(dossier)["results"]
    assert found["level"] == level
    assert case.message in json.dumps(found)


def test_of_several_scans_the_one_that_is_there_counts(dossier: Dossier) -> None:
    other = Artifact(AFTER, 1, "0" * 64)
    mine = scan(put(dossier, AFTER), cases=(FORBIDDEN,))
    report(dossier, scanned(mine, scan(other, cases=(WAIVED,))))
    assert sarif(dossier)["results"][0]["level"] == "error"


def test_only_the_last_attempt_counts(dossier: Dossier) -> None:
    first = attempt(Outcome.ERRORED, scan(put(dossier, AFTER)))
    second = attempt(Outcome.ERRORED, scan(outcome=Outcome.ERRORED, reason="no network"), number=2)
    report(dossier, run(result("scan", "Scan", first, second)))
    assert sarif(dossier)["results"] == []
    assert not (dossier.live / "sbom-after.cdx.json").exists()


def test_a_scan_that_could_not_be_done_does_not_look_clean(dossier: Dossier) -> None:
    errored = scan(outcome=Outcome.ERRORED, reason="the database is empty", hint="fetch it")
    report(dossier, scanned(errored))
    (invocation,) = sarif(dossier)["invocations"]
    assert invocation["executionSuccessful"] is False
    (told,) = invocation["toolExecutionNotifications"]
    assert told["message"]["text"] == "the database is empty; fetch it"


def test_findings_of_an_undecided_scan_are_shown_as_such(dossier: Dossier) -> None:
    report(dossier, scanned(scan(put(dossier, AFTER), outcome=Outcome.ERRORED, reason="too old")))
    assert sarif(dossier)["invocations"][0]["executionSuccessful"] is False
    assert len(sarif(dossier)["results"]) == 1


@pytest.mark.parametrize(
    ("outcome", "text"),
    [(Outcome.PASSED, "no scan was recorded"), (Outcome.SKIPPED, "the scan was not done")],
)
def test_a_scan_that_recorded_nothing_is_no_success(
    dossier: Dossier, outcome: Outcome, text: str
) -> None:
    report(dossier, scanned(scan(outcome=outcome)))
    (invocation,) = sarif(dossier)["invocations"]
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == text


def test_a_changed_snapshot_is_refused(dossier: Dossier) -> None:
    known = put(dossier, AFTER)
    put(dossier, AFTER, b"{}")
    with pytest.raises(DossierError, match="is not what was recorded") as caught:
        report(dossier, scanned(scan(known)))
    assert caught.value.hint


def test_a_lost_snapshot_is_named(dossier: Dossier) -> None:
    known = put(dossier, AFTER)
    (dossier.live / AFTER).unlink()
    with pytest.raises(DossierError, match=r"cannot read .*safety-after.json"):
        report(dossier, scanned(scan(known)))


def test_a_foreign_snapshot_is_refused(dossier: Dossier) -> None:
    with pytest.raises(SnapshotError, match=r"safety-after.json"):
        report(dossier, scanned(scan(put(dossier, AFTER, b"{}"))))


def test_results_point_at_the_file_that_was_scanned(dossier: Dossier) -> None:
    lock = dossier.output.parent / LOCK
    lock.parent.mkdir(parents=True)
    lock.write_text("alembic==1.20.1\nmlflow==3.6.0\n")
    (dossier.output.parent / "requirements.in").write_text("mlflow==3.6.0\n")
    report(dossier, scanned(scan(put(dossier, AFTER))), "requirements.in")
    assert place(dossier) == (LOCK, 2)


def test_else_at_a_pin(dossier: Dossier) -> None:
    (dossier.output.parent / "requirements.in").write_text("# all\n\nmlflow==3.6.0\n")
    report(dossier, scanned(scan(put(dossier, AFTER))), "gone.txt", "requirements.in")
    assert place(dossier) == ("requirements.in", 3)


@pytest.mark.parametrize("name", ["../outside.txt", "loop", "folder", "large.txt", "\0"])
def test_else_at_the_playbook(dossier: Dossier, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    repository = dossier.output.parent
    monkeypatch.setattr("runner.reporters.sarif.writing._LARGEST_FILE", 20)
    (repository.parent / "outside.txt").write_text("mlflow==3.6.0\n")
    (repository / "large.txt").write_text("mlflow==3.6.0\n" * 2)
    (repository / "loop").symlink_to("loop")
    (repository / "folder").mkdir()
    report(dossier, scanned(scan(put(dossier, AFTER))), name)
    assert place(dossier) == ("config/mlflow_release.yaml", 1)


def test_a_run_that_scans_nothing_imports_little() -> None:
    program = "import sys, runner.cli.run; print('runner.advisories' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert printed.stdout == b"False\n"
