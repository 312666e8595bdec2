"""The kept index: it never changes what is read, and is believed if it is whole and ours."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.advisories.records import affected, archive, folder, record

from runner.advisories import index_cache
from runner.advisories.files import DatabaseError
from runner.advisories.index_cache import load, save
from runner.advisories.osv import read_osv

Files: TypeAlias = dict[str, bytes]
PACKAGES = ("mlflow", "flask", "urllib3")


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let files count as old as soon as they are written."""
    monkeypatch.setattr("runner.advisories.files._TICK", -(10**12))


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "home" / "cache"


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return folder(tmp_path / "db", record("A-1"), record("A-2", package="flask"), b"{")


@pytest.fixture
def kept(database: Path, cache: Path) -> Path:
    """Give the cache file of the database."""
    read_osv(database, ["mlflow"], cache=cache)
    assert len(load(cache, database)) == 3
    (found,) = cache.iterdir()
    return found


def _record(number: int, package: str, date: str, event: str) -> bytes:
    entries = [affected(package, ranges=[{"type": "ECOSYSTEM", "events": [{event: "1.0"}]}])]
    return json.dumps(record(f"A-{number}", modified=date, affected=entries)).encode()


RECORDS = st.builds(
    _record,
    st.integers(1, 4),
    st.sampled_from([*PACKAGES, "no name"]),
    st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", "2026-02-01T00:00:00Z"]),
    st.sampled_from(["introduced", "introduced", "fixed"]),
)
FILES = st.dictionaries(
    st.sampled_from(["a.json", "b.json", "c/a.json", "c/b.json", "d.json"]),
    RECORDS | RECORDS | st.binary(max_size=9),
)


def _write(path: Path, files: Files, *, packed: bool) -> None:
    """Put files in the place of others; what is equal stays as it is."""
    if packed:
        archive(path, files)
        return
    for old in list(path.rglob("*.json")):
        if old.relative_to(path).as_posix() not in files:
            old.unlink()
    for name, data in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        if not (path / name).exists() or (path / name).read_bytes() != data:
            (path / "new").write_bytes(data)
            (path / "new").replace(path / name)


@settings(max_examples=60)
@given(
    before=FILES,
    after=FILES,
    packed=st.booleans(),
    asked=st.tuples(*[st.sets(st.sampled_from(PACKAGES))] * 3),
)
def test_a_reading_with_a_kept_index_is_equal_to_one_without(
    before: Files, after: Files, asked: tuple[set[str], set[str], set[str]], *, packed: bool
) -> None:
    good = {"z.json": json.dumps(record("Z-1")).encode()}
    with tempfile.TemporaryDirectory() as home:
        path = Path(home, "db")
        for files in (before, after):
            _write(path, {**files, **good}, packed=packed)
            for packages in asked:
                plain = read_osv(path, packages)
                assert read_osv(path, packages, cache=Path(home, "cache")) == plain


def test_the_cache_is_for_its_owner_alone(kept: Path) -> None:
    assert kept.stat().st_mode & 0o777 == 0o600
    assert kept.parent.stat().st_mode & 0o777 == 0o700


def test_nothing_is_written_where_nothing_is_new(kept: Path, database: Path) -> None:
    before = kept.stat()
    read_osv(database, ["flask"], cache=kept.parent)
    assert kept.stat() == before


def test_two_databases_have_an_index_each(kept: Path, tmp_path: Path) -> None:
    read_osv(folder(tmp_path / "other", record("A-3")), ["mlflow"], cache=kept.parent)
    assert len(list(kept.parent.iterdir())) == 2


def test_a_path_from_a_root_is_the_same_database(kept: Path, database: Path) -> None:
    read_osv(Path(database.name), ["mlflow"], cache=kept.parent, root=database.parent)
    assert list(kept.parent.iterdir()) == [kept]


def test_files_that_have_just_changed_are_not_kept(
    database: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.advisories.files._TICK", 10**12)
    read_osv(database, ["mlflow"], cache=cache)
    assert load(cache, database) == {}


def test_the_index_is_used(kept: Path, database: Path) -> None:
    entries = load(kept.parent, database).values()
    save(
        kept.parent, database, [msgspec.structs.replace(one, id="", reason="x") for one in entries]
    )
    with pytest.raises(DatabaseError, match="no record that can be read"):
        read_osv(database, ["mlflow"], cache=kept.parent)


def test_a_record_that_is_another_than_the_index_says_is_found_out(
    database: Path, kept: Path
) -> None:
    entries = load(kept.parent, database).values()
    wrong = [msgspec.structs.replace(one, digest="0" * 64) for one in entries]
    save(kept.parent, database, wrong)
    assert read_osv(database, ["mlflow"], cache=kept.parent) == read_osv(database, ["mlflow"])
    assert {one.digest for one in load(kept.parent, database).values()} != {"0" * 64}


@pytest.mark.parametrize("mode", [0o620, 0o602])
def test_a_file_that_others_can_write_is_not_believed(
    kept: Path, database: Path, mode: int
) -> None:
    kept.chmod(mode)
    assert load(kept.parent, database) == {}


def test_a_folder_that_others_can_write_is_neither_believed_nor_used(
    kept: Path, database: Path
) -> None:
    kept.parent.chmod(0o777)
    assert load(kept.parent, database) == {}
    kept.write_bytes(b"")
    save(kept.parent, database, ())
    assert kept.read_bytes() == b""


def test_what_another_user_owns_is_not_believed(
    kept: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: kept.stat().st_uid + 1)
    assert load(kept.parent, database) == {}


def test_links_and_pipes_are_not_believed(kept: Path, database: Path) -> None:
    moved = kept.rename(kept.with_suffix(".moved"))
    kept.symlink_to(moved)
    assert load(kept.parent, database) == {}
    kept.unlink()
    os.mkfifo(kept, 0o600)
    assert load(kept.parent, database) == {}


def test_every_damage_is_noticed(kept: Path, database: Path) -> None:
    whole = kept.read_bytes()
    for place in range(0, len(whole), 7):
        kept.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert load(kept.parent, database) == {}
        kept.write_bytes(whole[:place])
        assert load(kept.parent, database) == {}
    assert read_osv(database, ["mlflow"], cache=kept.parent) == read_osv(database, ["mlflow"])
    assert kept.read_bytes() == whole


@pytest.mark.parametrize("payload", [b"", b"\xc1", msgspec.msgpack.encode([1, 2, 3])])
def test_what_is_whole_but_no_index_is_not_believed(
    kept: Path, database: Path, payload: bytes
) -> None:
    kept.write_bytes(hashlib.sha256(payload).digest() + payload)
    assert load(kept.parent, database) == {}


def test_a_file_larger_than_any_index_is_not_read(kept: Path, database: Path) -> None:
    os.truncate(kept, (256 << 20) + 1)
    assert load(kept.parent, database) == {}


def test_the_index_of_another_database_is_not_believed(
    kept: Path, database: Path, tmp_path: Path
) -> None:
    other = folder(tmp_path / "other", record("A-9"))
    read_osv(other, ["mlflow"], cache=kept.parent)
    (foreign,) = [one for one in kept.parent.iterdir() if one != kept]
    foreign.replace(kept)
    assert load(kept.parent, database) == {}


def test_the_index_of_another_version_is_not_believed(
    kept: Path, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_cache, "_MAKER", "another")
    assert load(kept.parent, database) == {}


def test_a_cache_that_cannot_be_made_costs_time_only(database: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    found = read_osv(database, ["mlflow"], cache=tmp_path / "file" / "cache")
    assert found == read_osv(database, ["mlflow"])


def test_a_cache_that_cannot_be_written_leaves_nothing_behind(kept: Path, database: Path) -> None:
    kept.unlink()
    kept.mkdir()
    (kept / "in the way").mkdir()
    read_osv(database, ["mlflow"], cache=kept.parent)
    assert list(kept.parent.iterdir()) == [kept]
