"""Example folders are inputs, not tests of this project."""

from __future__ import annotations

from pathlib import Path

import pytest

collect_ignore_glob = ["*/*"]


@pytest.fixture(scope="session")
def temp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a ``RUNNER_TEMP`` that keeps the installed runner from one job to the next."""
    folder = tmp_path_factory.mktemp("runner") / "temp"
    folder.mkdir()
    return folder
