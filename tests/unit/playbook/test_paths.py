from __future__ import annotations

from pathlib import Path

import pytest

from runner.playbook.paths import Confinement, find_repository, inside, shown


@pytest.mark.parametrize("path", ["a", "./a/b", ".", "..a/b..", "a/.../b", "a b"])
def test_inside(path: str) -> None:
    assert inside(path)


@pytest.mark.parametrize(
    "path", ["", "/a", "..", "../a", "a/..", "a/../b", "a\0", "a\nb", "${{ a.b }}"]
)
def test_not_inside(path: str) -> None:
    assert not inside(path)


def test_symbolic_links(tmp_path: Path) -> None:
    inner = tmp_path / "repository"
    inner.mkdir()
    (inner / "out").symlink_to(tmp_path)
    (inner / "in").symlink_to(inner)
    confinement = Confinement(inner)
    assert not confinement.holds("out/x")
    assert not confinement.holds("out/x")
    assert confinement.holds("in/x")
    assert confinement.holds(".")
    assert confinement.holds("new/file")


def test_repository(tmp_path: Path) -> None:
    config = tmp_path / "a" / "config"
    config.mkdir(parents=True)
    assert find_repository(config / "x.yaml") == tmp_path / "a"
    assert find_repository(tmp_path / "a" / "x.yaml") == tmp_path / "a"
    (tmp_path / ".git").mkdir()
    assert find_repository(config / "x.yaml") == tmp_path


def test_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert shown(tmp_path / "a" / "b") == "a/b"
    assert shown(Path("/elsewhere/b")) == "/elsewhere/b"
