"""The journal: a chain that tells of every change, and survives a torn line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.systems import FULL, NEEDS_FULL

from runner.engine.journal import GENESIS, Journal, read
from runner.engine.redaction import Redactor
from runner.errors import DossierError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def write(path: Path, *events: str, run: str = "r1") -> None:
    journal = Journal(path, run, Redactor({"TOKEN": "hunter22"}))
    for event in events:
        journal.append(event, {"value": "hunter22"}, durable=True)
    journal.close()


def test_entries_come_back_in_a_chain(path: Path) -> None:
    write(path, "a", "b")
    write(path, "c", run="r2")
    entries = list(read(path))
    assert [(e.seq, e.run, e.event) for e in entries] == [
        (1, "r1", "a"),
        (2, "r1", "b"),
        (3, "r2", "c"),
    ]
    assert entries[0].prev == GENESIS
    assert entries[0].value() == {"value": "[redacted TOKEN]"}


def test_a_missing_journal_is_empty(path: Path) -> None:
    assert list(read(path)) == []


@pytest.mark.parametrize("line", [0, 1])
def test_every_changed_byte_is_noticed(path: Path, line: int) -> None:
    write(path, "a", "b", "c")
    lines = path.read_bytes().splitlines(keepends=True)
    for position in range(len(lines[line]) - 1):
        changed = bytearray(lines[line])
        changed[position] ^= 1
        path.write_bytes(b"".join([*lines[:line], bytes(changed), *lines[line + 1 :]]))
        with pytest.raises(DossierError):
            list(read(path))


@pytest.mark.parametrize("order", [(0, 2), (1, 0, 2), (1, 2), (0, 0, 1, 2)])
def test_removed_reordered_and_doubled_lines_are_noticed(
    path: Path, order: tuple[int, ...]
) -> None:
    write(path, "a", "b", "c")
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[index] for index in order))
    with pytest.raises(DossierError, match=r"journal\.jsonl:\d: the chain of hashes is broken"):
        list(read(path))


def test_a_torn_last_line_is_cut_off_and_told(path: Path) -> None:
    write(path, "a", "b")
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"seq":3,"ti')
    assert [entry.event for entry in read(path)] == ["a", "b"]
    write(path, "c")
    entries = list(read(path))
    assert [entry.event for entry in entries] == ["a", "b", "journal_mended", "c"]
    assert entries[2].value() == {"bytes_cut": 12}
    assert path.read_bytes().startswith(whole)


def test_a_damaged_journal_is_not_continued(path: Path) -> None:
    write(path, "a", "b")
    damaged = path.read_bytes().replace(b'"a"', b'"x"')
    path.write_bytes(damaged)
    with pytest.raises(DossierError) as caught:
        write(path, "c")
    assert "--output" in caught.value.hint
    assert path.read_bytes() == damaged


def test_a_line_that_is_no_json(path: Path) -> None:
    path.write_bytes(b"nonsense\n")
    with pytest.raises(DossierError, match="damaged line"):
        list(read(path))


@NEEDS_FULL
def test_a_full_disk_is_told(path: Path) -> None:
    journal = Journal(path, "r1", Redactor())
    os.close(journal._fd)
    journal._fd = os.open(FULL, os.O_WRONLY)
    with pytest.raises(DossierError, match="No space left on device"):
        journal.append("a", {})
    os.close(journal._fd)


def test_a_half_written_line_is_taken_back(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(path, "a")
    before = path.read_bytes()
    journal = Journal(path, "r1", Redactor())
    real = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, data[:10]))
    with pytest.raises(DossierError, match="No space left on device"):
        journal.append("b", {})
    assert path.read_bytes() == before


def test_an_unreadable_journal(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match="cannot read"):
        list(read(tmp_path))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DossierError, match="cannot write"):
        Journal(tmp_path / "gone" / "journal.jsonl", "r1", Redactor())
