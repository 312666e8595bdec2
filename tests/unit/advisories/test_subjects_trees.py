"""Where files are read: inside the repository only, now or at a git ref."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from unit.advisories.repositories import commit, door, git, message, program, write

from runner.advisories.subjects import trees
from runner.advisories.subjects.base import SubjectError
from runner.advisories.subjects.trees import tree, within


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "..", "../a", "a/../../b", ".", "", "a\nb", "a\0b", "\x1b[1m"]
)
def test_a_path_out_of_the_repository_is_refused(path: str) -> None:
    with pytest.raises(SubjectError, match="no path inside the repository") as info:
        within(path)
    assert message(info)


def test_a_path_is_meant_from_the_file_that_names_it() -> None:
    assert within("../b.txt", "deployment/mlflow/a.txt") == "deployment/b.txt"
    with pytest.raises(SubjectError, match=r"^a\.txt: '\.\./b\.txt' is no path"):
        within("../b.txt", "a.txt")


def test_a_file_of_the_work_tree_is_read(tmp_path: Path) -> None:
    here = tree(door(tmp_path, {"a/b.txt": "six==1\n"}))
    assert here.read("a/../a/b.txt") == b"six==1\n"
    assert here.origin == ""
    assert here.laid({}) == tmp_path / "repository"


def test_a_link_inside_is_followed_and_one_outside_is_not(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.txt": "x"})
    write(tmp_path, {"secret": "s", "repository-2/b.txt": "s"})
    (there.repository / "in").symlink_to("a.txt")
    (there.repository / "out").symlink_to(tmp_path / "secret")
    (there.repository / "beside").symlink_to(tmp_path / "repository-2")
    assert tree(there).read("in") == b"x"
    for path in ("out", "beside/b.txt"):
        with pytest.raises(SubjectError, match=f"^{path} leads out of the repository") as info:
            tree(there).read(path)
        assert message(info)


def test_only_a_plain_file_is_read(tmp_path: Path) -> None:
    there = door(tmp_path, {"folder/a.txt": "x"})
    os.mkfifo(there.repository / "pipe")
    (there.repository / "loop").symlink_to("loop")
    for path, word in {
        "folder": "is not a plain file|cannot be read: Is a directory",
        "pipe": "is not a plain file",
        "loop": "cannot be read: Too many levels of symbolic links",
        "missing": "cannot be read: No such file",
    }.items():
        with pytest.raises(SubjectError, match=f"^{path} ({word})") as info:
            tree(there).read(path)
        assert message(info)


def test_a_file_too_large_is_refused_in_both_states(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "MOST", 10)
    there = door(tmp_path, {"large": "x" * 11, "right": "x" * 10})
    commit(there)
    for state in (tree(there), tree(there, "HEAD")):
        assert state.read("right") == b"x" * 10
        with pytest.raises(SubjectError, match=r"^large has more than 10 bytes"):
            state.read("large")


def test_a_base_is_read_as_it_was(tmp_path: Path) -> None:
    there = door(tmp_path, {"a b/ä.txt": "six==1\n"})
    before = commit(there)
    write(there.repository, {"a b/ä.txt": "six==2\n"})
    base = tree(there, "main")
    assert base.read("a b/ä.txt") == b"six==1\n"
    assert base.origin == f"main ({before})"


def test_files_of_a_base_are_laid_out_of_the_repository(tmp_path: Path) -> None:
    there = door(tmp_path, {"x": ""})
    commit(there)
    folder = tree(there, "HEAD").laid({"a/b.txt": b"1", "c.txt": b"2"})
    assert folder.parent == there.scratch
    assert (folder / "a/b.txt").read_bytes() == b"1"
    assert (folder / "c.txt").read_bytes() == b"2"


def test_a_filter_for_people_has_no_say(tmp_path: Path) -> None:
    files = {"a.txt": "six==1\n", ".gitattributes": "*.txt diff=shout\n"}
    there = door(tmp_path, files)
    commit(there)
    git(there, "config", "diff.shout.textconv", "echo evil==1 #")
    assert tree(there, "HEAD").read("a.txt") == b"six==1\n"


def test_links_folders_and_missing_files_of_a_base_are_told(tmp_path: Path) -> None:
    there = door(tmp_path, {"folder/a.txt": "x"})
    (there.repository / "link").symlink_to("folder/a.txt")
    commit(there)
    for path in ("link", "folder", "missing", "folder/", ":(glob)**"):
        with pytest.raises(SubjectError, match=r"is not a plain file in HEAD \([0-9a-f]{40}\)$"):
            tree(there, "HEAD").read(path)


@pytest.mark.parametrize(
    "ref", ["--help", "-n1", "main..main", "main:a.txt", "no\nsuch", "a b", "$(id)", "HEAD^{tree}"]
)
def test_what_is_no_commit_is_refused(tmp_path: Path, ref: str) -> None:
    there = door(tmp_path, {"a.txt": "x"})
    commit(there)
    with pytest.raises(SubjectError, match=r"no commit of this clone|is no git ref") as info:
        tree(there, ref)
    assert message(info)


def test_a_branch_that_is_not_fetched_says_how_to(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.txt": "x"})
    commit(there)
    with pytest.raises(SubjectError) as info:
        tree(there, "origin/release/1")
    assert "git fetch origin release/1:refs/remotes/origin/release/1" in info.value.hint


def test_outside_a_repository_git_says_so(tmp_path: Path) -> None:
    with pytest.raises(SubjectError, match="not a git repository"):
        tree(door(tmp_path), "main")


def test_a_git_that_says_something_else_is_not_believed(tmp_path: Path) -> None:
    there = door(tmp_path)
    program(there, "git", "echo HEAD")
    with pytest.raises(SubjectError, match=r"no commit of this clone"):
        tree(there, "HEAD")


def test_a_git_that_loses_its_objects_is_told(tmp_path: Path) -> None:
    there = door(tmp_path, {"a.txt": "x"})
    commit(there)
    base = tree(there, "HEAD")
    program(there, "git", "echo 'fatal: bad object' >&2; exit 128")
    with pytest.raises(SubjectError, match=r"cannot say what is in HEAD .*bad object") as info:
        base.read("a.txt")
    assert message(info)
