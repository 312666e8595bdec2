from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.errors import UsageError
from runner.rehearsal import checkout, hashes
from runner.rehearsal.checkout import CheckoutError
from runner.rehearsal.ledger import Entry, Ledger


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "kept").write_text("old")
    (folder / "gone").write_text("old")
    (folder / "link").symlink_to("kept")
    run(folder, "init", "--quiet")
    run(folder, "add", "--all")
    run(folder, "commit", "--quiet", "--message", "begin")
    return folder


def run(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout


@pytest.fixture
def door(repo: Path, tmp_path: Path) -> LocalDoor:
    return LocalDoor(repo, tmp_path / "scratch")


def test_what_lies_there_is_checked_out(repo: Path, door: LocalDoor) -> None:
    (repo / "kept").write_text("new")
    (repo / "gone").unlink()
    (repo / "fresh ü").write_text("new")
    (repo / "out").mkdir()
    (repo / "out" / "evidence").write_text("x")
    (repo / ".git" / "hooks").mkdir(exist_ok=True)
    hook = repo / ".git" / "hooks" / "post-checkout"
    hook.write_text("#!/bin/sh\ntouch hooked\n")
    hook.chmod(0o755)
    place = door.scratch / "rehearsal-1"
    changed = checkout.make(repo, place, repo / "out", door)
    assert changed == ("fresh ü", "gone", "kept")
    files = {one.name: one.read_text() for one in place.iterdir() if one.name != ".git"}
    assert files == {"kept": "new", "link": "new", "fresh ü": "new"}
    assert (place / "link").is_symlink()
    checkout.forget(repo, "rehearsal-1", door)
    assert run(repo, "worktree", "list").count("\n") == 1
    assert not (repo / ".git" / "worktrees").exists()


def test_one_whose_files_are_gone_is_forgotten(repo: Path, door: LocalDoor) -> None:
    place = door.scratch / "rehearsal-1"
    checkout.make(repo, place, repo / "out", door)
    subprocess.run(["rm", "-r", place], check=True)
    checkout.forget(repo, "rehearsal-1", door)
    assert run(repo, "worktree", "list").count("\n") == 1


def test_a_folder_without_a_commit(tmp_path: Path) -> None:
    door = LocalDoor(tmp_path, tmp_path / "scratch")
    with pytest.raises(UsageError, match="has no commit"):
        checkout.head(tmp_path, door)
    with pytest.raises(CheckoutError, match="git ls-files: "):
        checkout.size(tmp_path, door)


def test_the_size_is_that_of_what_is_tracked(repo: Path, door: LocalDoor) -> None:
    (repo / "gone").unlink()
    (repo / "untracked").write_text("x" * 1000)
    assert checkout.size(repo, door) == len("old") + len("kept")


def test_every_byte_counts(repo: Path, door: LocalDoor) -> None:
    seen = [hashes.of_repository(repo, repo / "out", door)]

    def differs() -> bool:
        seen.append(hashes.of_repository(repo, repo / "out", door))
        return len(set(seen)) == len(seen)

    (repo / "kept").write_text("new")
    assert differs()
    (repo / "kept").chmod(0o755)
    assert differs()
    (repo / "gone").unlink()
    assert differs()
    (repo / "link").unlink()
    (repo / "link").symlink_to("gone")
    assert differs()
    run(repo, "branch", "more")
    assert differs()
    run(repo, "config", "user.name", "other")
    assert differs()
    (repo / "out").mkdir()
    (repo / "out" / "evidence").write_text("x")
    assert hashes.of_repository(repo, repo / "out", door) == seen[-1]


def test_a_folder_that_is_not_there_has_no_hash(tmp_path: Path) -> None:
    assert hashes.of_folder(tmp_path / "none") == ""
    (tmp_path / "empty").mkdir()
    assert hashes.of_folder(tmp_path / "empty") == ""
    (tmp_path / "empty" / "one").write_text("")
    assert hashes.of_folder(tmp_path / "empty")


def entry(tmp_path: Path, repo: Path, name: str) -> Entry:
    return Entry(name, str(repo), str(tmp_path / "live"), str(tmp_path))


def test_the_ledger_keeps_an_entry_only_where_something_is_left(
    tmp_path: Path, repo: Path, door: LocalDoor
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with ledger.entered(entry(tmp_path, repo, "rehearsal-1")):
        assert list(ledger.clean(door)) == []  # it is alive
        with (
            pytest.raises(UsageError, match="another rehearsal"),
            ledger.entered(entry(tmp_path, repo, "rehearsal-2")),
        ):
            pass
        assert len(list((tmp_path / "ledger").iterdir())) == 1
    assert list((tmp_path / "ledger").iterdir()) == []
    with ledger.entered(entry(tmp_path, repo, "rehearsal-1")) as held:
        held.leaves = True
    scratch = tmp_path / "upgrade-runner-rehearsal-1-x"
    scratch.mkdir()
    checkout.make(repo, scratch / "rehearsal-1", repo / "out", door)
    (told,) = ledger.clean(door)
    assert told == "cleaned up after rehearsal-1, which was killed: its scratch folder"
    assert not scratch.exists()
    assert run(repo, "worktree", "list").count("\n") == 1
    assert list(ledger.clean(door)) == []


def test_an_entry_that_was_cut_off_or_has_lost_its_repository(
    tmp_path: Path, repo: Path, door: LocalDoor
) -> None:
    ledger = Ledger(tmp_path / "ledger")
    with ledger.entered(entry(tmp_path, tmp_path / "none", "rehearsal-1")) as held:
        held.leaves = True
    (tmp_path / "live").mkdir()
    (tmp_path / "live" / "journal.jsonl").write_text("changed by somebody\n")
    (tmp_path / "ledger" / "rehearsal-0.json").write_text('{"name')
    assert len(list(ledger.clean(door))) == 2
    assert repo.exists()


def test_a_ledger_that_cannot_be_written(tmp_path: Path, repo: Path) -> None:
    (tmp_path / "file").write_text("")
    ledger = Ledger(tmp_path / "file" / "ledger")
    with pytest.raises(Exception, match="cannot write into") as caught:
        ledger.entered(entry(tmp_path, repo, "rehearsal-1")).__enter__()
    assert "XDG_CACHE_HOME" in getattr(caught.value, "hint", "")
