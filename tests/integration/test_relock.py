"""A bump with the real uv and the real package index: only what must change in a lock does."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.command import runner

PLAYBOOK = """\
release: {package: iniconfig, version: 2.0.0}
owners: {dri: Lead}
pins:
  - {file: r.in, requirement: iniconfig, locks: [r.txt, tests.txt]}
  - {file: r.txt, requirement: iniconfig}
stages: {verification: [{area: A, run: ["true"]}]}
"""
COMPILE = ["uv", "pip", "compile", "--quiet", "--generate-hashes", "--python-version", "3.11"]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "x_release.yaml").write_text(PLAYBOOK)
    (tmp_path / "r.in").write_text("iniconfig==2.0.0\npackaging<25\n")
    (tmp_path / "tests.in").write_text("-c r.txt\npluggy==1.5.0\niniconfig\n")
    for name in ("r", "tests"):
        argv = [*COMPILE, f"{name}.in", "-o", f"{name}.txt"]
        subprocess.run(argv, cwd=tmp_path, check=True, timeout=120)
    # As if packaging had been newer, later: what the lock holds is kept where it may be.
    (tmp_path / "r.in").write_text("iniconfig==2.0.0\npackaging\n")
    return tmp_path


def test_only_what_must_change_changes(repository: Path) -> None:
    before = (repository / "r.txt").read_text()
    done = runner("bump", "--version", "2.1.0", cwd=repository)
    assert done.returncode == 0, done.stderr

    after = (repository / "r.txt").read_text()
    changed = set(before.splitlines()) ^ set(after.splitlines())
    kept = [line for line in before.splitlines() if line.startswith("packaging==24")]
    assert kept
    assert kept[0] in after
    assert before.splitlines()[:2] == after.splitlines()[:2]
    assert {line.split("==")[0] for line in changed if "==" in line} == {"iniconfig"}
    assert "iniconfig==2.1.0 \\\n    --hash=sha256:" in after
    assert "iniconfig==2.1.0 \\\n    --hash=sha256:" in (repository / "tests.txt").read_text()
    assert runner("status", "--check", cwd=repository).returncode == 0


def test_a_version_that_is_not_there_changes_nothing(repository: Path) -> None:
    before = {one.name: one.read_bytes() for one in repository.iterdir() if one.is_file()}
    done = runner("bump", "--version", "2.99.0", cwd=repository)
    assert done.returncode == 2
    assert "r.txt: cannot be solved: " in done.stderr
    assert "iniconfig==2.99.0" in done.stderr
    after = {one.name: one.read_bytes() for one in repository.iterdir() if one.is_file()}
    assert {**after, **before} == after
