"""The stand-in that is rehearsed: its wheels and environments are made once for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from support.postgres import Cluster, cluster
from support.standin import Standin, standin

_NUMBERS = count()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("standin")


@pytest.fixture
def app(tmp_path: Path, shared: Path) -> Standin:
    return standin(tmp_path, shared)


@pytest.fixture(scope="session")
def server() -> Iterator[Cluster]:
    with cluster() as made:
        yield made


@pytest.fixture
def on_server(app: Standin, server: Cluster) -> Standin:
    return app.to(server, f"user{next(_NUMBERS)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Standin:
    """Give the stand-in on each engine."""
    name = {"sqlite": "app", "postgresql": "on_server"}[request.param]
    made: Standin = request.getfixturevalue(name)
    return made
