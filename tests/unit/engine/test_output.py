"""Logs: bounded in memory, hashed as written."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from runner.engine.output import TAIL_LINES, Digest, Log
from runner.engine.redaction import Redactor
from runner.errors import DossierError
from runner.model import Artifact


def test_tail_and_last_line(tmp_path: Path) -> None:
    log = Log(tmp_path / "a", "a", Redactor())
    assert (log.tail(), log.last_line()) == ("", "")
    for number in range(5000):
        log.line(f"line {number}")
    log.write(b"\n  \n")
    assert log.last_line() == "line 4999"
    assert len(log.tail().splitlines()) == TAIL_LINES
    closed = log.close()
    assert closed is not None
    assert closed.size == (tmp_path / "a").stat().st_size


def test_a_log_is_not_written_twice(tmp_path: Path) -> None:
    first = Log(tmp_path / "a", "a", Redactor())
    first.line("first")
    first.close()
    with pytest.raises(DossierError, match="cannot write a: File exists"):
        Log(tmp_path / "a", "a", Redactor()).line("second")
    assert (tmp_path / "a").read_text() == "first\n"


def test_there_is_no_log_of_nothing_but_where_it_is_opened(tmp_path: Path) -> None:
    silent = Log(tmp_path / "a", "a", Redactor())
    silent.write(b"")
    assert silent.close() is None
    assert not (tmp_path / "a").exists()
    silent.begin()
    silent.begin()
    assert silent.close() == Artifact("a", 0, hashlib.sha256().hexdigest())


def test_the_listener_hears_what_is_written(tmp_path: Path) -> None:
    heard: list[bytes] = []
    log = Log(tmp_path / "a", "a", Redactor({"T": "hunter22"}), heard.append)
    log.write(b"x hunter")
    log.write(b"22 y")
    log.close()
    assert b"".join(heard) == b"x [redacted T] y"


@pytest.mark.parametrize("pieces", [0, 3, 200])
def test_a_digest_of_any_size(pieces: int) -> None:
    piece = bytes(range(256)) * 400
    digest = Digest()
    for _ in range(pieces):
        digest.update(piece)
    assert digest.hexdigest() == hashlib.sha256(piece * pieces).hexdigest()
