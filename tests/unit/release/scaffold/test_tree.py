"""Which files are looked at."""

from __future__ import annotations

import subprocess
from pathlib import Path, PurePosixPath

from support.door import LocalDoor

from runner.release.scaffold.tree import paths_of, text_of


def test_git_says_which_files_count(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    root.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=root, check=True)
    for name in ("b", "a", "ignored", ".gitignore"):
        (root / name).write_text("ignored\n")
    found = paths_of(root, LocalDoor(root, tmp_path / "scratch"))
    assert [str(one) for one in found] == [".gitignore", "a", "b"]


def test_without_git_the_tree_is_walked(tmp_path: Path) -> None:
    root = tmp_path / "repository"
    for name in ("x/a", "node_modules/b", ".hidden/c", ".env", "d"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    door = LocalDoor(root, tmp_path / "scratch", {"PATH": "", "GIT_DIR": str(tmp_path / "none")})
    assert [str(one) for one in paths_of(root, door)] == [".env", "d", "x/a"]


def test_links_and_what_is_no_text_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("é\n", "utf-8")
    (tmp_path / "bytes").write_bytes(b"\xff\0")
    (tmp_path / "link").symlink_to("text")
    names = ("text", "bytes", "link", "gone")
    assert [text_of(tmp_path, PurePosixPath(one)) for one in names] == ["é\n", "", "", ""]
