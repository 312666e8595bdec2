"""The copy of an artifact store: proven equal, refused where it is not, and never half of one."""

from __future__ import annotations

import json
import resource
import stat
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.snapshots import PROGRAMS


def ran(
    program: str, *words: object, limit: int | None = None
) -> tuple[int, dict[str, Any], list[str]]:
    """Run a program, with a limit of bytes for a file; give exit code, JSON and stderr."""

    def confine() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    argv = [sys.executable, str(PROGRAMS / program), *map(str, words)]
    done = subprocess.run(
        argv, capture_output=True, text=True, check=False, timeout=60, preexec_fn=confine
    )
    return done.returncode, json.loads(done.stdout or "{}"), done.stderr.splitlines()


backed_up = partial(ran, "backup_artifacts.py")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    folder = tmp_path / "store"
    (folder / "1" / "run" / "artifacts" / "notes").mkdir(parents=True)
    (folder / "1" / "run" / "artifacts" / "notes" / "ü name.txt").write_text("found\n")
    (folder / "1" / "run" / "artifacts" / "model.bin").write_bytes(bytes(range(256)) * 9_000)
    (folder / "1" / "empty").write_bytes(b"")
    return folder


def test_a_store_is_copied_and_the_copy_read(store: Path, tmp_path: Path) -> None:
    code, told, errors = backed_up("--source", store, "--output", tmp_path / "out")
    assert (code, errors) == (0, [])
    assert told["verified"] is True
    assert (told["files"], told["bytes"]) == (3, 256 * 9_000 + 6)
    copy = Path(told["path"])
    for path in (one for one in store.rglob("*") if one.is_file()):
        assert (copy / "files" / path.relative_to(store)).read_bytes() == path.read_bytes()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700


def test_an_empty_store_is_told_as_empty(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    code, told, _ = backed_up("--source", tmp_path / "store", "--output", tmp_path / "out")
    assert (code, told["files"], told["verified"]) == (0, 0, True)


@pytest.mark.parametrize("damage", ["flip", "cut", "remove", "add"])
def test_a_copy_that_has_changed_restores_nothing(store: Path, tmp_path: Path, damage: str) -> None:
    copy = Path(backed_up("--source", store, "--output", tmp_path / "out")[1]["path"])
    path = copy / "files" / "1" / "run" / "artifacts" / "model.bin"
    data = bytearray(path.read_bytes())
    if damage == "flip":
        data[1_000_000] ^= 1
        path.write_bytes(data)
    elif damage == "cut":
        path.write_bytes(data[:-1])
    elif damage == "remove":
        path.unlink()
    else:
        path.with_name("stranger").write_text("new")
    (store / "1" / "empty").write_text("since then")
    where = ("--backups", tmp_path / "out", "--target", store)
    code, told, errors = ran("restore_artifacts.py", *where)
    assert (code, told["verified"]) == (1, False)
    (error,) = errors
    assert error.startswith(f"1/run/artifacts/{'stranger' if damage == 'add' else 'model.bin'}: ")
    assert (store / "1" / "empty").read_text() == "since then"


def test_a_copy_is_put_back_and_what_was_there_is_kept(store: Path, tmp_path: Path) -> None:
    backed_up("--source", store, "--output", tmp_path / "out")
    (store / "1" / "empty").write_text("since then")
    where = ("--backups", tmp_path / "out", "--target", store)
    code, told, errors = ran("restore_artifacts.py", *where)
    assert (code, told["verified"], errors) == (0, True, [])
    assert (store / "1" / "empty").read_text() == ""
    assert (Path(told["kept"]) / "1" / "empty").read_text() == "since then"


_MANIFEST = '{"schema": "upgrade-runner/artifact-backup/1", "files": %s}'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "Expecting value"),
        ("[]", "error: "),
        ('{"schema": "other/1"}', "is of the schema other/1"),
        (_MANIFEST % '{"../a": {"size": 1, "sha256": ""}}', "names ../a, which is outside"),
    ],
)
def test_a_manifest_that_is_none_restores_nothing(
    store: Path, tmp_path: Path, text: str, reason: str
) -> None:
    (tmp_path / "out" / "artifacts-1").mkdir(parents=True)
    (tmp_path / "out" / "artifacts-1" / "manifest.json").write_text(text)
    where = ("--backups", tmp_path / "out", "--target", store)
    code, told, errors = ran("restore_artifacts.py", *where)
    assert (code, told) == (2, {})
    assert reason in errors[0]
    assert sorted(one.name for one in tmp_path.iterdir()) == ["out", "store"]


def test_no_store_and_no_folder_are_undecided(store: Path, tmp_path: Path) -> None:
    for source, output, reason in (
        (tmp_path / "none", tmp_path / "out", "name it with --source"),
        (store, store / "1" / "empty", "empty"),
    ):
        code, told, errors = backed_up("--source", source, "--output", output)
        assert (code, told) == (2, {})
        assert reason in errors[-1]


def test_a_link_is_refused_for_what_it_leads_to_is_not_in_the_copy(
    store: Path, tmp_path: Path
) -> None:
    (store / "1" / "link").symlink_to("/etc")
    code, told, errors = backed_up("--source", store, "--output", tmp_path / "out")
    assert (code, told) == (2, {})
    assert "is a link" in errors[0]
    assert list((tmp_path / "out").iterdir()) == []


def test_a_full_disk_leaves_no_half_of_a_copy(store: Path, tmp_path: Path) -> None:
    code, told, errors = backed_up("--source", store, "--output", tmp_path / "out", limit=1_000_000)
    assert (code, told) == (2, {})
    assert "File too large" in errors[0]
    assert list((tmp_path / "out").iterdir()) == []
