"""The offline reader: folders, zips, and what hides in them."""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from contextlib import suppress
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.advisories.records import archive, folder, read, record

from runner.advisories.files import DatabaseError, Limits
from runner.advisories.osv import read_osv

SMALL = Limits(record=4000, total=20_000, archive=8000, records=50)


def _zip() -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number in range(3):
            packed.writestr(f"{number}.json", json.dumps(record(f"A-{number}")))
    return out.getvalue()


ZIP = _zip()


def dumped(*records: dict[str, object]) -> dict[str, bytes]:
    return {f"{one['id']}.json": json.dumps(one).encode() for one in records}


def test_a_folder_and_a_zip_of_it_are_the_same(tmp_path: Path) -> None:
    records = [record("A-1"), record("A-2", package="flask", modified="2026-02-01T00:00:00+01:00")]
    plain = read(folder(tmp_path / "db", *records))
    packed = read(archive(tmp_path / "db.zip", {"deep/README": b"x", **dumped(*records)}))
    assert plain.database.identity == packed.database.identity
    assert plain.database.timestamp == packed.database.timestamp == "2026-02-01T00:00:00+01:00"
    assert (plain.database.source, plain.database.records) == ("osv", 2)
    assert [one.id for one in plain.advisories] == [one.id for one in packed.advisories] == ["A-1"]
    assert plain.known == {"mlflow", "flask"}
    assert plain.problems == ()


def test_a_changed_record_changes_the_identity(tmp_path: Path) -> None:
    one = read(folder(tmp_path / "1", record("A-1"))).database.identity
    two = read(folder(tmp_path / "2", record("A-1", [{"introduced": "1"}]))).database.identity
    assert one != two


def test_several_packages_are_read_at_once(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record("A-1"), record("A-2", package="flask"))
    assert [(one.package, one.id) for one in read(path, "mlflow", "flask").advisories] == [
        ("mlflow", "A-1"),
        ("flask", "A-2"),
    ]


def test_withdrawn_records_are_kept_but_no_findings(tmp_path: Path) -> None:
    reading = read(folder(tmp_path / "db", record("A-1", withdrawn="2026-01-02T00:00:00Z")))
    assert [one.id for one in reading.advisories] == ["A-1"]
    assert reading.findings() == ()


def test_folders_are_searched_to_the_bottom(tmp_path: Path) -> None:
    folder(tmp_path / "db", record("A-1"))
    folder(tmp_path / "db" / "more", record("A-2"))
    (tmp_path / "db" / "README.md").write_text("no record")
    reading = read(tmp_path / "db")
    assert (len(reading.advisories), reading.database.records) == (2, 2)


def test_problems_are_named_and_say_whom_they_concern(tmp_path: Path) -> None:
    path = folder(
        tmp_path / "db",
        record("A-1"),
        record("A-2", [{"introduced": "x"}]),
        json.dumps(record("A-3")).encode()[:-30],
        record("A-4", [{"introduced": "x"}], package="flask"),
    )
    reading = read(path, "mlflow", "flask")
    assert [one.file for one in reading.problems] == ["1.json", "2.json", "3.json"]
    assert [one.file for one in reading.concerning("mlflow")] == ["1.json", "2.json"]
    assert [one.file for one in reading.concerning("flask")] == ["2.json", "3.json"]
    assert [one.file for one in reading.concerning("urllib3")] == ["2.json"]
    assert [one.id for one in reading.advisories] == ["A-1"]
    assert reading.database.records == 4


def test_of_one_id_the_newest_record_counts(tmp_path: Path) -> None:
    old = record("A-1", [{"introduced": "1"}], modified="2025-01-01T00:00:00Z")
    new = record("A-1", [{"introduced": "2"}], modified="2026-01-01T00:00:00Z")
    for number, order in enumerate(([old, new], [new, old], [new, old, new])):
        reading = read(folder(tmp_path / str(number), *order))
        assert [str(one.intervals[0].start) for one in reading.advisories] == ["2"]
        assert reading.problems == ()


def test_two_records_of_one_id_and_date_must_be_the_same(tmp_path: Path) -> None:
    other = record("A-1", package="flask")
    reading = read(folder(tmp_path / "db", record("A-1"), other))
    (problem,) = reading.problems
    assert problem.reason == "A-1 stands in 0.json too, with other content of the same date"
    assert reading.concerning("mlflow")
    assert reading.concerning("flask")
    assert not reading.concerning("urllib3")


@pytest.mark.parametrize("names", [(), ("README.md",), ("x.json/",)])
def test_an_empty_database_is_an_error(tmp_path: Path, names: tuple[str, ...]) -> None:
    for path in (folder(tmp_path / "db"), archive(tmp_path / "db.zip", dict.fromkeys(names, b""))):
        with pytest.raises(DatabaseError, match=r"is empty: it has no \*\.json file") as caught:
            read(path)
        assert caught.value.hint


def test_a_database_without_a_readable_record_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match=r"no record that can be read; 0\.json: not JSON"):
        read(folder(tmp_path / "db", b""))


def test_a_missing_database_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="there is no advisory database") as caught:
        read(tmp_path / "nowhere")
    assert "folder or zip of OSV records" in caught.value.hint


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 truncated", b"{}"])
def test_what_is_no_zip_is_an_error(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "db.zip"
    path.write_bytes(data)
    with pytest.raises(DatabaseError, match="cannot be read"):
        read(path)


def test_a_pipe_is_no_database(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "db.zip")
    with pytest.raises(DatabaseError, match="neither a folder nor a plain file"):
        read(tmp_path / "db.zip")


def test_a_folder_that_cannot_be_listed_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: str) -> None:
        raise PermissionError(13, "Permission denied", path)

    path = folder(tmp_path / "db", record())
    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DatabaseError, match="Permission denied"):
        read(path)


def test_a_link_to_a_folder_is_told_for_its_records_are_not_looked_at(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record("A-1"))
    (path / "more").symlink_to(folder(tmp_path / "more", record("A-2")))
    reading = read(path)
    assert [one.file for one in reading.problems] == ["more"]
    assert reading.concerning("mlflow")


def test_links_and_pipes_are_not_followed(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record("A-1"))
    (tmp_path / "secret.json").write_text(json.dumps(record("S-1")))
    (path / "link.json").symlink_to(tmp_path / "secret.json")
    os.mkfifo(path / "pipe.json")
    reading = read(path)
    assert [one.file for one in reading.problems] == ["link.json", "pipe.json"]
    assert reading.problems[1].reason == "is not a plain file"
    assert [one.id for one in reading.advisories] == ["A-1"]


@pytest.mark.parametrize(
    "name", ["../out.json", "/etc/out.json", "a/../../out.json", "C:\\out.json", "..\\out.json"]
)
def test_names_that_lead_out_of_a_zip_are_refused(tmp_path: Path, name: str) -> None:
    good = dumped(record("A-1"))
    reading = read(archive(tmp_path / "db.zip", {name: json.dumps(record()).encode(), **good}))
    assert [one.reason for one in reading.problems] == ["its name leads out of the archive"]
    assert [one.id for one in reading.advisories] == ["A-1"]


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_a_huge_record_is_refused(tmp_path: Path, kind: str) -> None:
    huge = json.dumps(record("A-2", details="x" * 5000)).encode()
    if kind == "zip":
        path = archive(tmp_path / "db.zip", {**dumped(record("A-1")), "b.json": huge})
    else:
        path = folder(tmp_path / "db", record("A-1"), huge)
    reading = read_osv(path, ["mlflow"], SMALL)
    assert [one.reason for one in reading.problems] == ["is larger than 4000 bytes"]
    assert reading.concerning("mlflow")


def test_a_bomb_of_many_files_is_refused(tmp_path: Path) -> None:
    entries = {f"{n}.json": json.dumps(record(details="x" * 3000)).encode() for n in range(20)}
    with pytest.raises(DatabaseError, match="beyond all limits"):
        read_osv(archive(tmp_path / "db.zip", entries), ["mlflow"], SMALL)
    small = folder(tmp_path / "db", *[b""] * 51)
    with pytest.raises(DatabaseError, match="beyond all limits"):
        read_osv(small, ["mlflow"], SMALL)


def test_a_zip_beyond_the_limit_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "db.zip"
    path.write_bytes(b"x" * 8001)
    with pytest.raises(DatabaseError, match="is larger than 8000 bytes"):
        read_osv(path, ["mlflow"], SMALL)


def test_a_size_that_lies_is_not_believed(tmp_path: Path) -> None:
    entries = {**dumped(record("A-1")), "b.json": json.dumps(record(details="x" * 9000)).encode()}
    path = archive(tmp_path / "db.zip", entries)
    data = path.read_bytes()
    size = len(entries["b.json"]).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    (problem,) = read(path).problems
    assert problem.file == "b.json"
    assert "cannot be unpacked" in problem.reason or "not JSON" in problem.reason


def test_damaged_and_encrypted_entries_are_named(tmp_path: Path) -> None:
    path = tmp_path / "db.zip"
    with zipfile.ZipFile(path, "w") as out:
        for name in ("a", "b", "c"):
            out.writestr(f"{name}.json", json.dumps(record(f"{name}-1")))
    data = bytearray(path.read_bytes())
    data[data.index(b"b-1")] = ord("x")  # the checksum no longer holds
    for header, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(header) + flags] |= 1  # c.json says that it is encrypted
    path.write_bytes(data)
    reading = read(path)
    assert [one.file for one in reading.problems] == ["b.json", "c.json"]
    assert all(one.reason.startswith("cannot be unpacked: ") for one in reading.problems)
    assert [one.id for one in reading.advisories] == ["a-1"]


def test_other_compressions_are_not_read(tmp_path: Path) -> None:
    path = archive(tmp_path / "db.zip", dumped(record("A-1")))
    with zipfile.ZipFile(path, "a", zipfile.ZIP_BZIP2) as out:
        out.writestr("b.json", json.dumps(record("B-1")))
    (problem,) = read(path).problems
    assert (problem.file, problem.reason) == ("b.json", "is packed in a way that is not read here")


@settings(max_examples=150)
@given(st.data())
def test_a_damaged_zip_never_crashes_the_reader(data: st.DataObject) -> None:
    content = bytearray(ZIP)
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(ZIP) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(len(ZIP) // 2, len(ZIP))) :]
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(content)
        file.flush()
        with suppress(DatabaseError):
            read(Path(file.name))


def test_a_name_that_is_no_text_can_be_shown(tmp_path: Path) -> None:
    path = folder(tmp_path / "db", record("A-1"))
    try:
        (path / os.fsdecode(b"\xff.json")).write_bytes(b"")
    except OSError:
        pytest.skip("platform: names of files are Unicode here")
    assert [one.file for one in read(path).problems] == ["\ufffd.json"]


def test_a_name_cannot_move_the_cursor(tmp_path: Path) -> None:
    path = archive(tmp_path / "db.zip", {"\x1b[2J\n.json": b"", **dumped(record("A-1"))})
    assert [one.file for one in read(path).problems] == ["\\x1b[2J\\n.json"]
