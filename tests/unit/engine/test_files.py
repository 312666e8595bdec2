"""Files appear whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runner.engine.files import write_atomic
from runner.errors import DossierError


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]


def test_a_failure_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "run.json"
    write_atomic(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DossierError, match="No space left on device") as caught:
        write_atomic(path, b"new")
    assert "free some space" in caught.value.hint
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]
