from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from support.door import LocalDoor

from runner.kinds.database.bench import DoorBench
from runner.kinds.database.trouble import DatabaseError
from runner.model import Rehearsal
from runner.rehearsal.copies import NOTHING, Copies, CopyError, free_bytes, free_ports, refuse_full
from runner.rehearsal.databases.opening import original

SETTINGS = Rehearsal(
    ("requirements.txt",), ports=("port", "other"), artifacts="artifacts", folders=("backups",)
)


def copies(tmp_path: Path) -> Copies:
    return of(tmp_path, SETTINGS, {"artifacts": "files"})


def of(tmp_path: Path, settings: Rehearsal, variables: dict[str, str]) -> Copies:
    scratch = tmp_path / "scratch"
    bench = DoorBench(LocalDoor(tmp_path, scratch), "rehearsal-1")
    database = original(settings, variables, {}, tmp_path)
    return Copies.of(settings, variables, tmp_path, scratch, bench, database)


def test_too_few_bytes_are_told_before_anything_is_copied(tmp_path: Path) -> None:
    with pytest.raises(CopyError, match=r"need 70 MB, and .* has 10 MB free") as caught:
        refuse_full(70_000_000, tmp_path, 10_000_000)
    assert "TMPDIR" in caught.value.hint
    refuse_full(1, tmp_path, free_bytes(tmp_path))


def test_the_variables_lead_to_copies_folders_and_ports(tmp_path: Path) -> None:
    values = dict(one.split("=", 1) for one in copies(tmp_path).overrides(SETTINGS))
    assert values["vars.artifacts"] == f'"{tmp_path}/scratch/artifacts"'
    assert values["vars.backups"] == f'"{tmp_path}/scratch/folders/backups"'
    assert (tmp_path / "scratch/folders/backups").is_dir()
    assert values["vars.port"] != values["vars.other"]


def test_artifacts_are_copied_saved_and_restored(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").write_text("a")
    (tmp_path / "files" / "link").symlink_to("a")
    ours = copies(tmp_path)
    assert ours.needed() > 3
    assert list(ours.told()) == ["files: 2 bytes"]
    ours.make()
    saved = ours.save()
    (ours.folder / "a").write_text("b")
    (ours.folder / "more").write_text("b")
    ours.restore(saved)
    assert sorted(one.name for one in ours.folder.iterdir()) == ["a", "link"]
    assert (ours.folder / "a").read_text() == "a"
    assert ours.save() == saved
    assert (tmp_path / "files" / "a").read_text() == "a"


def test_artifacts_that_are_not_there_are_an_empty_folder(tmp_path: Path) -> None:
    ours = copies(tmp_path)
    ours.make()
    assert list(ours.folder.iterdir()) == []
    assert ours.save().artifacts == ""


def filled(tmp_path: Path) -> Copies:
    with closing(sqlite3.connect(tmp_path / "a.db")) as opened, opened:
        opened.execute("CREATE TABLE items (id INTEGER)")
        opened.execute("INSERT INTO items VALUES (1), (2)")
    return of(tmp_path, Rehearsal(("lock.txt",), database="db"), {"db": "sqlite:///a.db"})


def spoil(ours: Copies) -> None:
    with closing(sqlite3.connect(ours.scratch / "database.db")) as opened, opened:
        opened.execute("DELETE FROM items")


def test_a_database_is_copied_saved_and_restored(tmp_path: Path) -> None:
    ours = filled(tmp_path)
    assert ours.make()
    assert list(ours.told()) == ["a.db: 8,192 bytes"]
    saved = ours.save()
    spoil(ours)
    assert ours.read() != saved.contents
    ours.restore(saved)
    assert ours.read() == saved.contents
    assert saved.contents is not None
    assert saved.contents.rows == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.db", "scratch"]


def test_what_an_earlier_rehearsal_began_with_is_taken_and_compared(tmp_path: Path) -> None:
    place = tmp_path / "kept"
    first = filled(tmp_path)
    first.make()
    first.keep(place)
    begun = first.read()
    second = of(tmp_path / "second", Rehearsal(("l",), database="db"), {"db": "sqlite:///a.db"})
    second.take(place)
    assert second.read() == begun
    assert place.stat().st_mode & 0o777 == 0o700
    spoil(first)
    (place / "database.dump").unlink()
    assert first.working is not None
    first.working.engine.dump(place / "database.dump", first.bench)
    third = of(tmp_path / "third", Rehearsal(("l",), database="db"), {"db": "sqlite:///a.db"})
    with pytest.raises(DatabaseError, match="the copy is not what was copied"):
        third.take(place)


def test_nothing_named_is_nothing_copied(tmp_path: Path) -> None:
    ours = of(tmp_path, Rehearsal(("requirements.txt",)), {})
    assert ours.make()
    assert ours.save() == NOTHING
    assert ours.read() is None
    assert ours.environment(SETTINGS) == {}
    assert list(ours.told()) == []


def test_ports_are_free_and_different() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert free_ports(0) == ()
