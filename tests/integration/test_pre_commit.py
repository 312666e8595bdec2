"""The hooks of this repository, run by the real pre-commit in another one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.command import BIN

ROOT = Path(__file__).resolve().parents[2]
BOOK = """\
release: {package: demo, version: 1.0.0}
pins: [{file: requirements.txt, requirement: demo}]
stages: {verification: [{area: A, run: [echo, hi]}]}
"""


def run(*argv: str, cwd: Path, cache: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return subprocess.run(
        argv,
        cwd=cwd,
        env={**kept, "PRE_COMMIT_HOME": str(cache), "PATH": f"{BIN}{os.pathsep}{kept['PATH']}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )


def git(folder: Path, *words: str) -> None:
    names = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *names, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a repository of what the hooks need of this one."""
    folder = tmp_path_factory.mktemp("hooks")
    for name in (".pre-commit-hooks.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy2(ROOT / name, folder / name)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "runner", folder / "runner", ignore=ignored)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "hooks")
    git(folder, "tag", "v0")
    return folder


def test_the_hooks_in_another_repository(
    hooks: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cache = tmp_path_factory.mktemp("cache")
    (tmp_path / "config").mkdir()
    book = tmp_path / "config/demo_release.yaml"
    book.write_text(BOOK)
    (tmp_path / "requirements.txt").write_text("demo==1.0.0\n")
    ids = "[{id: upgrade-runner-lint}, {id: upgrade-runner-status}]"
    told = f"repos: [{{repo: '{hooks}', rev: v0, hooks: {ids}}}]\n"
    (tmp_path / ".pre-commit-config.yaml").write_text(told)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")

    def all_files() -> subprocess.CompletedProcess[str]:
        return run("pre-commit", "run", "--all-files", cwd=tmp_path, cache=cache)

    done = all_files()
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("Passed") == 2
    (tmp_path / "requirements.txt").write_text("demo==1.1.0\n")
    done = all_files()
    assert done.returncode == 1
    assert "has '1.1.0', wants '1.0.0'" in done.stdout
    book.write_text(BOOK.replace("run:", "rnu:"))
    done = all_files()
    assert done.returncode == 1
    assert "config/demo_release.yaml:3:" in done.stdout
