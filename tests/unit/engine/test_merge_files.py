"""What a shard's record may bring into the joined dossier, whatever it says."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from runner.engine.merge.files import Files
from runner.engine.merge.shard import Unfit
from runner.model import Artifact


def artifact(path: str, content: bytes = b"x") -> Artifact:
    return Artifact(path, len(content), hashlib.sha256(content).hexdigest())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "shard" / "verification" / "logs"
    folder.mkdir(parents=True)
    (folder / "a.1.log").write_bytes(b"x")
    (tmp_path / "secret").write_bytes(b"x")
    return tmp_path / "shard"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "live/preflight").mkdir(parents=True)
    (tmp_path / "live/preflight/run.json").write_bytes(b"{}")
    return Files(tmp_path / "live", "verification")


def test_what_is_recorded_comes_as_it_is(source: Path, files: Files, tmp_path: Path) -> None:
    files.take(source, [artifact("verification/logs/a.1.log")])
    assert (tmp_path / "live/verification/logs/a.1.log").read_bytes() == b"x"
    assert files.warnings == []


@pytest.mark.parametrize(
    "name",
    [
        "../secret",
        "/etc/passwd",
        "verification/logs/../../../secret",
        "verification/run.json",
        "verification/shards/1/journal.jsonl",
        "verification",
        "earlier/verification-before-x/run.json",
        "preflight/run.json",
        "journal.jsonl",
        "upgrade.json",
        ".lock",
        "",
        "a\0b",
    ],
)
def test_a_path_that_no_shard_may_bring(source: Path, files: Files, name: str) -> None:
    with pytest.raises(Unfit, match="which no shard may bring"):
        files.take(source, [artifact(name)])


def test_a_file_that_is_another_than_was_recorded(source: Path, files: Files) -> None:
    with pytest.raises(Unfit, match="its hash differs"):
        files.take(source, [artifact("verification/logs/a.1.log", b"y")])
    with pytest.raises(Unfit, match="cannot read verification/logs/b"):
        files.take(source, [artifact("verification/logs/b.1.log")])


def test_links_lead_nowhere(source: Path, files: Files, tmp_path: Path) -> None:
    (source / "verification/logs/link.log").symlink_to(tmp_path / "secret")
    (source / "locks").symlink_to(tmp_path)
    os.mkfifo(source / "verification/logs/pipe.log")
    with pytest.raises(Unfit, match="cannot read"):
        files.take(source, [artifact("verification/logs/link.log")])
    with pytest.raises(Unfit, match="is outside of it"):
        files.take(source, [artifact("locks/secret")])
    with pytest.raises(Unfit, match="is no file"):
        files.take(source, [artifact("verification/logs/pipe.log")])
    assert not list((tmp_path / "live").rglob("*.log"))


def test_where_one_file_is_bad_none_is_brought(source: Path, files: Files, tmp_path: Path) -> None:
    with pytest.raises(Unfit):
        files.take(source, [artifact("verification/logs/a.1.log"), artifact("gone.json")])
    assert not (tmp_path / "live/verification/logs/a.1.log").exists()


def test_two_shards_that_record_one_name_are_told(
    source: Path, files: Files, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (source / "image.json").write_bytes(b"x")
    (other / "image.json").write_bytes(b"y")
    files.take(source, [artifact("image.json")])
    files.take(other, [artifact("image.json", b"y")])
    assert files.warnings == [f"image.json was recorded by two shards; that of {other} is kept"]
    assert (tmp_path / "live/image.json").read_bytes() == b"y"
    assert (source / "image.json").read_bytes() == b"x"
