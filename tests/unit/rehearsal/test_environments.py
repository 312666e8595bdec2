"""Environments of a rehearsal: each is made once, of what its Python and its locks are."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.rehearsal.environments import environment

LOCKS = {"requirements.txt": b"example==1.0\n"}
_UV = """#!/bin/sh
for last; do :; done
if [ "$1" = venv ]; then
  mkdir -p "$last/bin" "$last/lib/python3/site-packages/example-1.0.dist-info"
  ln -sf /bin/true "$last/bin/python"
  touch "$last/lib/python3/site-packages/example-1.0.dist-info/RECORD"
fi
"""
"""Makes what looks like an environment."""


@pytest.fixture
def door(tmp_path: Path) -> LocalDoor:
    (tools := tmp_path / "tools").mkdir()
    (tools / "uv").write_text(_UV)
    (tools / "uv").chmod(0o755)
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PATH": path}
    return LocalDoor(tmp_path, tmp_path / "scratch", env)


def test_it_is_made_once(door: LocalDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", door.env["PATH"])
    folder, fresh = environment(LOCKS, "", door)
    assert fresh
    assert environment(LOCKS, "", door) == (folder, False)
    other, fresh = environment({"requirements.txt": b"example==1.1\n"}, "", door)
    assert (fresh, other != folder) == (True, True)


def test_the_runners_own_environment_may_be_another(
    door: LocalDoor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", door.env["PATH"])
    folder, _ = environment(LOCKS, "", door)
    (elsewhere := tmp_path / "python").symlink_to(sys.executable)
    assert environment(LOCKS, str(elsewhere), door) == (folder, False)
    other, _ = environment(LOCKS, "python3.11", door)  # whichever that is: uv looks for it
    assert other != folder
