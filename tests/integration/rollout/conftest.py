"""A service that is deployed for real; its wheels and environments' caches are made once."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.depot import Depot, depot
from support.tracing import untraced

__all__ = ["untraced"]


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("depot")


@pytest.fixture
def app(shared: Path) -> Iterator[Depot]:
    # Not pytest's own folder: the path of a socket has at most 107 bytes (unix(7)).
    with (
        tempfile.TemporaryDirectory(prefix="depot-") as name,
        depot(Path(name), shared) as made,
    ):
        yield made
