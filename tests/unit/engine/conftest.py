"""Fixtures that the engine's tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.house import House

from runner.engine.journal import Journal
from runner.engine.output import Log
from runner.engine.redaction import Redactor
from runner.engine.session import Session
from runner.errors import DossierError
from runner.model import Release


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path, dict(os.environ))


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path / "test.log", "test.log", Redactor())
    yield made
    made.close()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    live = tmp_path / "live"
    (live / "verification" / "logs").mkdir(parents=True)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    journal = Journal(live / "journal.jsonl", "run-1", Redactor())
    made = Session(
        run="run-1",
        stage="verification",
        repository=tmp_path,
        scratch=scratch,
        live=live,
        release=Release("mlflow", "3.6.0"),
        base="",
        rehearsed_as="",
        environment=dict(os.environ),
        secrets={},
        redactor=Redactor(),
        journal=journal,
    )
    yield made
    journal.close()
    made.stops.close()


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk be full once the service called web has logged a little."""
    real = Log._append

    def append(log: Log, data: bytes) -> None:
        if data and "service.web" in log.name and log._size > 2:
            raise DossierError(f"cannot write {log.name}")
        real(log, data)

    monkeypatch.setattr(Log, "_append", append)
