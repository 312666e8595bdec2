"""Subjects against the real uv, pip and venv, with a package index."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.advisories.inventory import Inventory
from runner.advisories.locks.outdated import outdated
from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.environment import Environment
from runner.advisories.subjects.lock import Lock
from runner.advisories.subjects.requirements import Requirements

ROOT = Path(__file__).resolve().parents[2]
WISHES = "flask==3.0.3\nwerkzeug<3.1\n"


@pytest.fixture
def door(tmp_path: Path) -> LocalDoor:
    """Give a door to an empty repository, with no uv on its PATH."""
    (tmp_path / "repository").mkdir()
    folders = os.environ["PATH"].split(os.pathsep)
    path = os.pathsep.join(one for one in folders if not Path(one, "uv").exists())
    return LocalDoor(tmp_path / "repository", tmp_path / "scratch", {**os.environ, "PATH": path})


@pytest.fixture
def uv() -> Path:
    """Give the uv of the PATH, or the one that `make lock` uses."""
    found = shutil.which("uv") or shutil.which("uv", path=ROOT / ".venv-uv/bin")
    if not found:
        pytest.skip("uv is not here: pip install uv")
    return Path(found)


@pytest.fixture
def venv(tmp_path: Path) -> str:
    """Make an environment with pip in it, and give its interpreter."""
    subprocess.run((sys.executable, "-m", "venv", tmp_path / "venv"), check=True)
    return str(tmp_path / "venv/bin/python")


def with_uv(door: LocalDoor, uv: Path) -> LocalDoor:
    (folder := door.scratch / "bin").mkdir()
    (folder / "uv").symlink_to(uv)
    path = f"{folder}{os.pathsep}{door.env['PATH']}"
    return LocalDoor(door.repository, door.scratch, {**door.env, "PATH": path})


def resolved(door: LocalDoor, base: str = "") -> Inventory:
    return Requirements("a.in", sys.executable).inventory(door, base)


def test_uv_and_pip_resolve_the_same(door: LocalDoor, uv: Path) -> None:
    (door.repository / "a.in").write_text(WISHES, encoding="utf-8")
    by_pip = resolved(door)
    by_uv = resolved(with_uv(door, uv))
    assert by_uv == by_pip
    assert by_pip.versions["flask"] == "3.0.3"
    assert by_pip.versions["werkzeug"].startswith("3.0.")
    assert {"jinja2", "markupsafe", "click"} <= by_pip.versions.keys()


def test_a_setting_of_the_repository_hides_no_package(door: LocalDoor, uv: Path) -> None:
    (door.repository / "a.in").write_text("flask==3.0.3\n", encoding="utf-8")
    settings = 'no-deps = true\nno-emit-package = ["werkzeug"]\n'
    (door.repository / "uv.toml").write_text(f"[pip]\n{settings}", encoding="utf-8")
    assert "werkzeug" in resolved(with_uv(door, uv)).versions


def test_a_base_is_resolved_with_what_it_includes(door: LocalDoor, uv: Path) -> None:
    (door.repository / "deploy").mkdir()
    (door.repository / "a.in").write_text("-r deploy/b.in\n-c c.txt\n", encoding="utf-8")
    (door.repository / "deploy/b.in").write_text("six<1.17\n", encoding="utf-8")
    (door.repository / "c.txt").write_text("six!=1.16\n", encoding="utf-8")
    for words in ("init -q -b main", "add .", "-c user.name=a -c user.email=a@b commit -qm a"):
        subprocess.run(("git", *words.split()), cwd=door.repository, check=True)
    (door.repository / "deploy/b.in").write_text("six\n", encoding="utf-8")
    for there in (door, with_uv(door, uv)):
        assert resolved(there, "main").versions == {"six": "1.15.0"}
        assert resolved(there).versions["six"] != "1.15.0"


@pytest.mark.parametrize(
    "wish", ["six==0.0.1.dev9", "no-such-package-by-upgrade-runner", "six<1.17\nsix>=1.17"]
)
def test_what_cannot_be_resolved_is_told(door: LocalDoor, uv: Path, wish: str) -> None:
    (door.repository / "a.in").write_text(f"{wish}\n", encoding="utf-8")
    for there in (door, with_uv(door, uv)):
        with pytest.raises(SubjectError, match=r"cannot resolve a\.in: ") as info:
            resolved(there)
        assert info.value.hint


def test_an_environment_is_what_was_installed(door: LocalDoor, venv: str) -> None:
    (package := door.repository / "own").mkdir()
    (package / "pyproject.toml").write_text(
        '[project]\nname = "Own.Package"\nversion = "1.0"\n', encoding="utf-8"
    )
    install = (venv, "-m", "pip", "install", "--quiet", "six==1.16.0", "-e", str(package))
    subprocess.run(install, check=True)
    (door.repository / "lock.txt").write_text("six==1.16.0\n", encoding="utf-8")
    found = Environment(venv).inventory(door)
    assert found.versions["six"] == "1.16.0"
    assert found.versions["own-package"] == "1.0"
    with pytest.raises(SubjectError, match=r"not the release's.*lock\.txt: own-package 1\.0 is"):
        Environment(venv, "lock.txt").inventory(door)


def test_outdated_packages_are_found_by_pip_and_by_uv(door: LocalDoor, uv: Path, venv: str) -> None:
    subprocess.run((venv, "-m", "pip", "install", "--quiet", "six==1.16.0"), check=True)
    (door.repository / "lock.txt").write_text("six==1.16.0\n", encoding="utf-8")
    by_pip = json.loads(outdated(Environment(venv).inventory(door), door, venv))
    lock = Lock("lock.txt", venv).inventory(door)
    by_uv = json.loads(outdated(lock, with_uv(door, uv), venv))
    assert by_pip["method"] == "pip list --outdated, --uptodate"
    (late,) = by_uv["outdated"]
    assert (late["name"], late["version"]) == ("six", "1.16.0")
    assert late in by_pip["outdated"]


def test_without_an_index_nothing_is_current(door: LocalDoor, venv: str) -> None:
    away = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull}
    nowhere = {**away, "PIP_FIND_LINKS": "", "PIP_EXTRA_INDEX_URL": "", "PIP_RETRIES": "0"}
    there = LocalDoor(door.repository, door.scratch, {**door.env, **nowhere})
    found = json.loads(outdated(Environment(venv).inventory(there), there, venv))
    assert found["outdated"] is None
    assert found["reason"].startswith("pip finds none of the packages in an index; ")
