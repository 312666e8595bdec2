"""The stand-in that is rehearsed: its wheels and environments are made once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.standin import Standin, standin


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("standin")


@pytest.fixture
def app(tmp_path: Path, shared: Path) -> Standin:
    return standin(tmp_path, shared)
