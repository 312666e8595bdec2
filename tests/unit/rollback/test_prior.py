"""The release of before, found in the repository's history."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.kinds import load_kinds
from runner.model import Playbook
from runner.playbook import load
from runner.rollback.prior import prior

BOOK = """release: {{package: app, version: "{version}", status: "{status}", cves: [{cves}]}}
pins:
  - {{file: r.in, requirement: app, locks: [r.txt]}}
stages:
  rollback:
    - {{area: Back, run: ["true"]}}
"""


def git(repository: Path, *words: str) -> str:
    argv = ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words]
    done = subprocess.run(argv, cwd=repository, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def commit(repository: Path, version: str, lock: bytes, cves: str = "") -> str:
    (repository / "config").mkdir(exist_ok=True)
    text = BOOK.format(version=version, status=f"of {version}", cves=cves)
    (repository / "config/app_release.yaml").write_text(text)
    (repository / "r.in").write_text(f"app=={version}\n")
    (repository / "r.txt").write_bytes(lock)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", version)
    return git(repository, "rev-parse", "HEAD")


def book(repository: Path) -> Playbook:
    return load(repository / "config/app_release.yaml", kinds=load_kinds(), environment={})


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    made = tmp_path / "repository"
    made.mkdir()
    git(made, "init", "--quiet")
    return made


def door(repository: Path) -> LocalDoor:
    return LocalDoor(repository, repository.parent / "scratch")


def test_it_is_the_last_commit_before_the_other_version(repository: Path) -> None:
    commit(repository, "1.0", b"app==1.0\nold\n", "CVE-2026-1, CVE-2026-2")
    commit(repository, "1.0", b"app==1.0\nother\n", "CVE-2026-1")
    # A lock alone is changed, the playbook is not.
    (repository / "r.txt").write_bytes(b"app==1.0\nlast\n")
    git(repository, "commit", "--quiet", "--all", "--message", "lock")
    wanted = git(repository, "rev-parse", "HEAD")
    commit(repository, "2.0", b"app==2.0\n")
    commit(repository, "2.0", b"app==2.0\nmore\n", "CVE-2026-3")
    found = prior(book(repository), "1.0", door(repository))
    assert found.commit == wanted
    assert found.locks == {"r.txt": "app==1.0\nlast\n"}
    assert (found.release.version, found.release.status) == ("1.0", "of 1.0")
    assert found.release.cves == ("CVE-2026-1",)
    assert found.release.upgrade_status == found.plain.upgrade_status == "rolled_back"
    assert found.plain.status == "of 2.0"


def test_a_bump_that_is_not_committed(repository: Path) -> None:
    wanted = commit(repository, "1.0", b"app==1.0\n")
    text = BOOK.format(version="2.0", status="new", cves="")
    (repository / "config/app_release.yaml").write_text(text)
    assert prior(book(repository), "1.0", door(repository)).commit == wanted


def test_what_does_not_belong_to_the_release_is_not_taken(repository: Path) -> None:
    commit(repository, "1.0", b"app==0.9\n")
    commit(repository, "2.0", b"app==2.0\n")
    assert prior(book(repository), "1.0", door(repository)).locks == {}
    commit(repository, "3.0", b"\xff\n")
    commit(repository, "4.0", b"app==4.0\n")
    assert prior(book(repository), "3.0", door(repository)).locks == {}


def test_a_lock_without_the_package_belongs_to_it_as_well(repository: Path) -> None:
    commit(repository, "1.0", b"pytest==8.0 ; python_version > '3'\n")
    commit(repository, "2.0", b"app==2.0\n")
    assert list(prior(book(repository), "1.0", door(repository)).locks) == ["r.txt"]


def test_no_commit_has_that_version(repository: Path) -> None:
    (repository / "config").mkdir()
    (repository / "config/app_release.yaml").write_text("release: [")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message", "odd")
    (repository / "config/app_release.yaml").write_text("- 1\n")
    git(repository, "commit", "--quiet", "--all", "--message", "odder")
    commit(repository, "2.0", b"app==2.0\n")
    found = prior(book(repository), "1.0", door(repository))
    assert (found.commit, found.locks, found.release.version) == ("", {}, "1.0")


def test_a_repository_that_is_none_of_gits(tmp_path: Path) -> None:
    repository = tmp_path / "plain"
    (repository / "config").mkdir(parents=True)
    text = BOOK.format(version="2.0", status="new", cves="")
    (repository / "config/app_release.yaml").write_text(text)
    (repository / "r.in").write_text("app==2.0\n")
    (repository / "r.txt").write_text("app==2.0\n")
    assert prior(book(repository), "1.0", door(repository)).commit == ""
