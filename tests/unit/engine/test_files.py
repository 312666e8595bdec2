"""Files appear whole or not at all."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from runner import files
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

    monkeypatch.setattr(os, "fdatasync", full, raising=False)
    with pytest.raises(DossierError, match="No space left on device") as caught:
        write_atomic(path, b"new")
    assert "free some space" in caught.value.hint
    assert path.read_bytes() == b"old"
    assert [found.name for found in tmp_path.iterdir()] == ["run.json"]


@pytest.mark.parametrize("known", [True, False])
def test_macos_is_asked_to_empty_the_disks_own_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    asked: list[object] = []

    def full_sync(_fd: int, command: int) -> int:
        asked.append(command)
        if not known:
            raise OSError(45, "Operation not supported")
        return 0

    monkeypatch.setattr(files, "_FULL_SYNC", 51)
    monkeypatch.setattr(fcntl, "fcntl", full_sync)
    monkeypatch.setattr(os, "fdatasync", lambda _fd: asked.append("fdatasync"), raising=False)
    write_atomic(tmp_path / "run.json", b"new")
    assert asked == ([51] if known else [51, "fdatasync"])
    assert (tmp_path / "run.json").read_bytes() == b"new"
