"""Artifacts that a way back takes away are counted by their own times."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from runner.rollback.artifacts import written_since

BACKED_UP = datetime(2026, 1, 2, tzinfo=UTC)
SECONDS = BACKED_UP.timestamp()


def written(path: Path, moment: float) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    os.utime(path, (moment, moment))


def test_files_that_are_newer_than_the_backup(tmp_path: Path) -> None:
    written(tmp_path / "0/old/model", SECONDS - 60)
    assert written_since(tmp_path, BACKED_UP.isoformat()) == 0
    written(tmp_path / "0/old/model", SECONDS + 60)
    written(tmp_path / "0/new/model", SECONDS + 60)
    assert written_since(tmp_path, BACKED_UP.isoformat()) == 2


def test_a_store_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert written_since(tmp_path / "none", BACKED_UP.isoformat()) == 0


@pytest.mark.parametrize("since", ["", "2026-01-02T00:00:00", "soon"])
def test_a_moment_that_is_none(tmp_path: Path, since: str) -> None:
    assert written_since(tmp_path, since) is None


def test_what_is_no_folder_cannot_be_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert written_since(tmp_path / "file", BACKED_UP.isoformat()) is None
