"""What a shard's record may bring into the joined dossier, whatever it says."""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import Path

import pytest

from runner.engine.merge.files import Files
from runner.engine.merge.inside import Unfit
from runner.errors import DossierError
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
    with pytest.raises(Unfit, match=r"link\.log is a link"):
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


def no_links(*args: object, **kwargs: object) -> None:
    """Stand in for link(2) between two file systems."""
    del args, kwargs
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def everything(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    """Give content, time of change and mode of each file in a folder."""
    return {
        str(path): (path.read_bytes(), path.stat().st_mtime_ns, path.stat().st_mode)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("linked", [True, False])
def test_the_source_stays_as_it_is(
    source: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, linked: bool
) -> None:
    if not linked:
        monkeypatch.setattr(os, "link", no_links)
    before = everything(source)
    for _ in range(2):  # the second time a file of that name is there
        files.take(source, [artifact("verification/logs/a.1.log")])
    target, origin = (
        tmp_path / "live/verification/logs/a.1.log",
        source / "verification/logs/a.1.log",
    )
    assert target.samefile(origin) is linked
    assert target.read_bytes() == b"x"
    assert everything(source) == before
    target.unlink()
    assert everything(source) == before


def test_what_is_brought_may_be_taken_out_again(source: Path, files: Files, tmp_path: Path) -> None:
    """A merge that is repeated writes no file that a shard's is linked to."""
    other = tmp_path / "other"
    (other / "verification/logs").mkdir(parents=True)
    (other / "verification/logs/a.1.log").write_bytes(b"y")
    files.take(source, [artifact("verification/logs/a.1.log")])
    files.take(other, [artifact("verification/logs/a.1.log", b"y")])
    assert (source / "verification/logs/a.1.log").read_bytes() == b"x"
    assert (tmp_path / "live/verification/logs/a.1.log").read_bytes() == b"y"


def test_a_file_of_many_pieces(
    source: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.merge.files._PIECE", 4)
    monkeypatch.setattr(os, "link", no_links)
    for size in range(10):
        content = b"0123456789"[:size]
        (source / f"{size}.json").write_bytes(content)
        files.take(source, [artifact(f"{size}.json", content)])
        assert (tmp_path / f"live/{size}.json").read_bytes() == content


def test_more_folders_than_may_be_open_at_once(source: Path, files: Files, tmp_path: Path) -> None:
    names = [f"verification/artifacts/{number}/a.txt" for number in range(50)]
    for name in names:
        (source / name).parent.mkdir(parents=True)
        (source / name).write_bytes(b"x")
    before = os.dup(0)  # the lowest number that is free
    os.close(before)
    files.take(source, [artifact(name) for name in names])
    assert all((tmp_path / "live" / name).read_bytes() == b"x" for name in names)
    after = os.dup(0)
    os.close(after)
    assert after == before  # none was left open


def test_a_file_that_changes_while_it_is_copied(
    source: Path, files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changing(*args: object, **kwargs: object) -> None:
        (source / "verification/logs/a.1.log").write_bytes(b"z")
        no_links(*args, **kwargs)

    monkeypatch.setattr(os, "link", changing)
    with pytest.raises(Unfit, match="was changed while it was copied"):
        files.take(source, [artifact("verification/logs/a.1.log")])


def test_a_dossier_that_cannot_be_written_is_named(
    source: Path, files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", no_links)
    (tmp_path / "live/verification/logs/a.1.log").mkdir(parents=True)
    with pytest.raises(DossierError, match=r"cannot copy verification/logs/a\.1\.log to"):
        files.take(source, [artifact("verification/logs/a.1.log")])
    (tmp_path / "live/locks").write_bytes(b"a file")
    (source / "locks").mkdir()
    (source / "locks/a.txt").write_bytes(b"x")
    with pytest.raises(DossierError, match=r"cannot write .*locks"):
        files.take(source, [artifact("locks/a.txt")])
