from __future__ import annotations

from pathlib import Path

import pytest

from runner.model import Rehearsal
from runner.rehearsal.copies import NOTHING, Copies, CopyError, free_bytes, free_ports, refuse_full

SETTINGS = Rehearsal(
    ("requirements.txt",), ports=("port", "other"), artifacts="artifacts", folders=("backups",)
)


def copies(tmp_path: Path) -> Copies:
    return Copies.of(SETTINGS, {"artifacts": "files"}, tmp_path, tmp_path / "scratch")


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
    ours.restore()
    assert sorted(one.name for one in ours.folder.iterdir()) == ["a", "link"]
    assert (ours.folder / "a").read_text() == "a"
    assert ours.save() == saved
    assert (tmp_path / "files" / "a").read_text() == "a"


def test_artifacts_that_are_not_there_are_an_empty_folder(tmp_path: Path) -> None:
    ours = copies(tmp_path)
    ours.make()
    assert list(ours.folder.iterdir()) == []
    assert ours.save().artifacts == ""


def test_nothing_named_is_nothing_copied(tmp_path: Path) -> None:
    ours = Copies.of(Rehearsal(("requirements.txt",)), {}, tmp_path, tmp_path / "scratch")
    ours.make()
    assert ours.save() == NOTHING
    assert not ours.empty
    assert list(ours.told()) == []


def test_ports_are_free_and_different() -> None:
    ports = free_ports(5)
    assert len(set(ports)) == 5
    assert free_ports(0) == ()
