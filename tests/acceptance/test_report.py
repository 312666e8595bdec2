"""``runner report``: every report again, byte for byte, out of the dossier alone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.command import runner

ADVISORIES = Path(__file__).resolve().parents[2] / "config" / "advisories"
BOOK = """\
release: {package: mlflow, version: 3.6.0}
owners: {dri: ML Lead}
vars: {x: "1"}
pins: [{file: requirements.in, requirement: mlflow}]
advisories:
  subject: {lock: requirements.txt}
  sources: [{osv: advisories}]
  policy: {packages: [mlflow]}
stages:
  preflight:
    - {area: Baseline, uses: advisories, with: {scan: before}}
  verification:
    - {area: Green, run: ["true"]}
    - {area: Red, run: [sh, -c, "echo because; exit 4"], retry: {attempts: 2, delay: 1ms}}
    - {area: Scan, uses: advisories, with: {scan: after}}
"""
RECORDED = ("run.json", "context.json")
"""What reports are made of, in the folder of a stage."""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config/mlflow_release.yaml").write_text(BOOK)
    (tmp_path / "advisories").symlink_to(ADVISORIES)
    for name in ("requirements.in", "requirements.txt"):
        (tmp_path / name).write_text("mlflow==3.6.0\n")
    assert runner("run", "preflight", cwd=tmp_path).returncode == 0
    dialect = ("--junit-dialect", "extended", "--set", "vars.x=a b")
    assert runner("validate", *dialect, cwd=tmp_path).returncode == 1
    return tmp_path


def contents(live: Path) -> dict[str, bytes]:
    found = {str(path.relative_to(live)): path for path in live.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in found.items() if name != ".lock"}


def reports(live: Path) -> list[Path]:
    """Name every file that is made of others."""
    stages = [path for path in live.glob("*/*.*") if path.parent.name != "locks"]
    made = [path for path in stages if path.name not in RECORDED]
    return [*made, *live.glob("sbom-*"), *live.glob("*.html")]


def test_every_report_is_made_again_byte_for_byte(repo: Path, tmp_path: Path) -> None:
    live = repo / "analysis_outputs/live"
    before = contents(live)
    assert {"verification/junit.xml", "verification/findings.sarif", "sbom-after.cdx.json"} <= set(
        before
    )
    assert b"runner validate --set 'vars.x=a b' --only red" in before["verification/junit.xml"]
    for path in reports(live):
        path.unlink()
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(repo / "analysis_outputs", elsewhere / "kept")

    done = runner("report", "--output", "kept", cwd=elsewhere)

    assert done.returncode == 0, done.stderr
    assert "the reports of 2 stages" in done.stdout
    assert contents(elsewhere / "kept/live") == before


def test_one_format_alone(repo: Path) -> None:
    live = repo / "analysis_outputs/live"
    for path in reports(live):
        path.unlink()
    assert runner("report", "--format", "junit", cwd=repo).returncode == 0
    assert {path.name for path in reports(live)} == {"junit.xml"}


def test_a_killed_run_has_reports_too(repo: Path) -> None:
    stage = repo / "analysis_outputs/live/verification"
    for path in stage.glob("*.*"):
        if path.name != "run.json":
            path.unlink()
    assert runner("report", cwd=repo).returncode == 0
    assert b"because" in (stage / "junit.xml").read_bytes()


def test_what_cannot_be_made_again_is_named_and_the_rest_is_made(repo: Path) -> None:
    live = repo / "analysis_outputs/live"
    (live / "safety-after.json").write_text("{}")
    for path in reports(live):
        path.unlink()
    done = runner("report", cwd=repo)
    assert done.returncode == 3
    assert "verification: " in done.stderr
    assert "safety-after.json is not what was recorded" in done.stderr
    assert "hint: run the check that records it again" in done.stderr
    assert (live / "preflight/findings.sarif").exists()


@pytest.mark.parametrize("name", ["context.json", "run.json"])
@pytest.mark.parametrize("content", [b"{", b'{"places": 1, "id": 1}', b'"\xff"'])
def test_a_damaged_record_is_named(repo: Path, name: str, content: bytes) -> None:
    (repo / "analysis_outputs/live/verification" / name).write_bytes(content)
    done = runner("report", cwd=repo)
    assert done.returncode == 3
    assert f"verification/{name} is n" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_page_is_shown_in_the_browser(repo: Path) -> None:
    browser = repo / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >{repo}/shown\n')
    browser.chmod(0o755)
    page = repo / "analysis_outputs/live/report.html"
    done = runner("report", "--open", cwd=repo, env={"BROWSER": f"{browser} %s"})
    assert done.returncode == 0, done.stderr
    assert (repo / "shown").read_text().strip() == page.as_uri()
    page.unlink()
    none = runner("report", "--format", "junit", "--open", cwd=repo)
    assert (none.returncode, "add --format html" in none.stderr) == (2, True)


def test_no_dossier(tmp_path: Path) -> None:
    done = runner("report", cwd=tmp_path)
    assert done.returncode == 2
    assert "there is no run in" in done.stderr
    assert not (tmp_path / "analysis_outputs").exists()
