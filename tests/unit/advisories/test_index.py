"""The index of a database: what it says of a file, and when a file is read again."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from unit.advisories.records import affected, archive, folder, record

from runner.advisories import osv
from runner.advisories.files import Content, DatabaseError, File, Limits, _stamp, opened
from runner.advisories.index import Entry, make_entry, make_index
from runner.advisories.osv import read_osv

LIMITS = Limits()
HERE = Path()


def dumped(name: str = "A-1", package: str = "mlflow") -> bytes:
    return json.dumps(record(name, package=package)).encode()


def file(data: bytes, name: str = "a.json", stamp: str = "1") -> File:
    return File(name, stamp, lambda: Content(data))


def never() -> Content:
    raise AssertionError


def index(*files: File, kept: tuple[Entry, ...] = ()) -> tuple[Entry, ...]:
    known = {(one.name, one.stamp): one for one in kept}
    return make_index(Path("db"), files, known, LIMITS)


def stamps(path: Path) -> list[str]:
    with opened(path, LIMITS, HERE) as files:
        return [one.stamp for one in files]


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files count as old as soon as they are written."""
    monkeypatch.setattr("runner.advisories.files._TICK", -(10**12))


def test_an_entry_says_whom_a_record_is_about() -> None:
    data = json.dumps(record("A-1", affected=[affected("Flask"), affected("aiohttp")])).encode()
    (entry,) = index(file(data))
    assert (entry.name, entry.stamp, entry.size) == ("a.json", "1", len(data))
    assert (entry.id, entry.modified) == ("A-1", "2026-01-01T00:00:00Z")
    assert (entry.packages, entry.reason) == (("aiohttp", "flask"), "")


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"{", "not JSON"),
        (b"{}", "not an OSV record"),
        (dumped(package="no name"), "is not the name of a package"),
    ],
)
def test_an_entry_says_why_nobody_knows_whom_it_is_about(data: bytes, reason: str) -> None:
    (entry,) = index(file(data))
    assert reason in entry.reason
    assert (entry.stamp, entry.packages) == ("1", ())


def test_what_could_not_be_read_has_no_stamp() -> None:
    entry = make_entry(file(b""), Content(b"", "is not a plain file"))
    assert (entry.stamp, entry.reason) == ("", "is not a plain file")


def test_a_file_with_a_kept_entry_is_not_read() -> None:
    kept = index(file(dumped()))
    assert index(File("a.json", "1", never), kept=kept) == kept


@pytest.mark.parametrize("changed", [file(dumped("A-2"), stamp="2"), file(dumped("A-2"), "b.json")])
def test_a_file_of_another_stamp_or_name_is_read(changed: File) -> None:
    assert [one.id for one in index(changed, kept=index(file(dumped())))] == ["A-2"]


def test_a_file_without_a_stamp_is_read_even_if_an_entry_has_none() -> None:
    kept = index(file(dumped(), stamp=""))
    assert [one.id for one in index(file(dumped("A-2"), stamp=""), kept=kept)] == ["A-2"]


def test_a_kept_entry_does_not_let_a_larger_record_pass_than_is_allowed() -> None:
    data = dumped()
    (kept,) = index(file(data))
    small = File("a.json", "1", lambda: Content(b"", "is larger than 10 bytes"))
    (entry,) = make_index(Path("db"), [small], {("a.json", "1"): kept}, Limits(record=10))
    assert entry.reason == "is larger than 10 bytes"


def test_kept_entries_count_for_the_limit_of_all_records() -> None:
    kept = {("a.json", "1"): index(file(dumped()))[0]}
    with pytest.raises(DatabaseError, match="db is beyond all limits"):
        make_index(Path("db"), [File("a.json", "1", never)], kept, Limits(total=10))


def test_a_file_that_has_just_changed_has_no_stamp(tmp_path: Path) -> None:
    assert stamps(folder(tmp_path / "db", record())) == [""]


def test_a_file_of_the_future_has_no_stamp(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record())
    os.utime(path / "0.json", (2**33, 2**33))
    assert stamps(path) == [""]


def test_a_file_that_is_not_there_any_more_has_no_stamp(tmp_path: Path) -> None:
    assert _stamp(str(tmp_path / "nowhere"), 2**63) == ""


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("change", ["size", "mtime", "inode"])
def test_a_changed_file_has_another_stamp(tmp_path: Path, change: str) -> None:
    path = folder(tmp_path / "db", record())
    (before,) = stamps(path)
    one = path / "0.json"
    if change == "size":
        one.write_bytes(one.read_bytes() + b" ")
    elif change == "mtime":
        os.utime(one, ns=(1, 1))
    else:
        (path / "new").write_bytes(one.read_bytes())
        (path / "new").replace(one)
    (after,) = stamps(path)
    assert before
    assert after
    assert before != after


@pytest.mark.usefixtures("settled")
def test_stamps_of_a_folder_are_the_same_while_nothing_changes(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record("A-1"), record("A-2"))
    assert len(set(stamps(path))) == 2
    assert stamps(path) == stamps(path)


def test_stamps_of_a_zip_follow_its_content(tmp_path: Path) -> None:
    one = archive(tmp_path / "1.zip", {"a.json": dumped(), "b.json": dumped("A-2")})
    other = archive(tmp_path / "2.zip", {"a.json": dumped(), "b.json": dumped("A-3")})
    assert len({*stamps(one), *stamps(other)}) == 4
    assert stamps(one) == stamps(one)


def test_a_database_that_never_stands_still_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = iter(range(100))

    def read() -> Content:
        return Content(dumped(f"A-{next(reads)}"))

    @contextmanager
    def restless(*_: object) -> Iterator[tuple[File, ...]]:
        yield (File("a.json", "", read),)

    monkeypatch.setattr(osv, "opened", restless)
    with pytest.raises(DatabaseError, match="changes while it is read") as caught:
        read_osv(Path("db"), ["mlflow"])
    assert caught.value.hint


def test_a_file_that_vanishes_between_two_looks_is_not_missed(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record("A-1"), record("A-2"))
    with opened(path, LIMITS, HERE) as files:
        (path / "0.json").unlink()
        found = make_index(path, files, {}, LIMITS)
    assert [one.reason for one in found] == ["No such file or directory", ""]
