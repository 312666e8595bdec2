"""Who listens on a port."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator

import psutil
import pytest

from runner.engine import ports
from runner.model import Ready


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        yield held.getsockname()[1]


@pytest.mark.parametrize(
    ("ready", "address"),
    [
        (Ready(port=5050), ("127.0.0.1", 5050)),
        (Ready(url="http://127.0.0.1:5050/health"), ("127.0.0.1", 5050)),
        (Ready(url="http://localhost/health"), ("localhost", 80)),
        (Ready(url="https://localhost/health"), ("localhost", 443)),
        (Ready(url="http://[::1]:81/"), ("::1", 81)),
        (Ready(url="http://mlflow.example/health"), None),
        (Ready(log="up"), None),
    ],
)
def test_the_address_that_readiness_tells(ready: Ready, address: tuple[str, int] | None) -> None:
    assert ports.port_of(ready) == address


def test_the_holder_is_named(port: int) -> None:
    assert ports.taken(("127.0.0.1", port)).startswith(
        f"port {port} is held by another process: {os.getpid()} "
    )


def test_a_free_port_is_free() -> None:
    assert ports.taken(("127.0.0.1", 1)) == ""


def test_a_holder_that_the_system_does_not_name(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(_: str) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", denied)
    assert ports.taken(("127.0.0.1", port)) == (
        f"port {port} is held by another process: a process that the system does not name"
    )


def test_a_holder_that_ends_meanwhile() -> None:
    assert ports._name(999_999_999) == "999999999"
