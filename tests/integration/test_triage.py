"""Triage of this repository, against the package index that pip is set up with here."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import msgspec
import pytest
from support.command import runner

from runner.errors import ExitCode
from runner.release.triage_record import FindingRecord, TriageDocument

ROOT = Path(__file__).resolve().parents[2]
BASELINE = "3.6.0"
"""The version at which this repository began, and whose step is asked for."""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Copy what triage reads, with the release and its pin as they were at the beginning."""
    for name in ("config", "checks", "deployment", "tests/mlflow"):
        shutil.copytree(ROOT / name, tmp_path / name)
    wishes = tmp_path / "deployment/mlflow/requirements.in"
    wishes.write_text(f"mlflow=={BASELINE}\nsqlalchemy<2.1\n", encoding="utf-8")
    return tmp_path


@pytest.fixture(params=["uv", "pip"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Give a PATH with uv on it, or without any."""
    folders = os.environ["PATH"].split(os.pathsep)
    if request.param == "pip":
        return os.pathsep.join(one for one in folders if not Path(one, "uv").exists())
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".venv-uv/bin")
    if not found:
        pytest.skip("uv is not here: pip install uv")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "uv").symlink_to(found)
    return os.pathsep.join((str(tmp_path / "bin"), *folders))


def ids(found: tuple[FindingRecord, ...]) -> set[str]:
    return {one.id for one in found}


def test_3_17_2_is_recommended_over_3_18_0_which_does_not_resolve(
    repository: Path, path: str
) -> None:
    done = runner(
        *("triage", "--json", "--set", f"release.version={BASELINE}"),
        cwd=repository,
        env={"PATH": path, "RUNNER_PLAYBOOK": "config/mlflow_release.yaml"},
    )
    assert done.returncode == ExitCode.PASSED, done.stdout + done.stderr
    told = msgspec.json.decode(done.stdout, type=TriageDocument)
    found = {one.version: one for one in told.candidates}
    taken, newer = found["3.17.2"], found["3.18.0"]
    assert [one.version for one in told.candidates if one.recommended] == ["3.17.2"]
    assert (taken.resolves, newer.resolves) == ("yes", "no")
    assert "mlflow-skinny==3.18.0" in newer.verdict
    assert ids(taken.leaves) == ids(newer.leaves) == {"CVE-2026-96775"}
    assert not taken.brings
    assert len(taken.fixes) == 24
    assert ids(taken.clears) == {"CVE-2026-0545", "CVE-2026-53995", "CVE-2025-15381"}
    assert set(taken.asked) == {"osv", "safety"}
