"""Artifacts: upload, list and download, compared byte by byte."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.exceptions import MlflowException
from requests.exceptions import HTTPError

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: Every byte value, line ends of all systems, and no UTF-8.
BINARY = bytes(range(256)) + b"\r\n\n\r\xff\xfe\x00"
#: Bytes of the large artifact: more than any buffer on the way, and not much more, since the server
#: of mlflow 3.6.0 sends a file line by line (seen: 2 MiB/s for noise).
LARGE = 16 * 1024 * 1024


def test_file_comes_back(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """The same bytes, under the same name, with the true size."""
    source = write(tmp_path / "model.bin", BINARY)

    client.log_artifact(run_id, str(source))

    assert listing(client, run_id) == {"model.bin": len(BINARY)}
    assert download(client, run_id, "model.bin", tmp_path) == BINARY


@pytest.mark.parametrize("name", ["with space.txt", "a+b&c=d.txt", "[1] (2)~.txt", ".hidden"])
def test_name_of_special_characters(
    client: MlflowClient, run_id: str, tmp_path: Path, name: str
) -> None:
    """Names pass through URLs without harm."""
    source = write(tmp_path / name, name.encode())

    client.log_artifact(run_id, str(source), artifact_path="deep/er")

    assert listing(client, run_id, "deep/er") == {f"deep/er/{name}": len(name.encode())}
    assert download(client, run_id, f"deep/er/{name}", tmp_path) == name.encode()


def test_name_of_any_script_is_listed(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """A name beyond ASCII is stored and listed as it is.

    Its download is left out: the server of mlflow 3.6.0 answers 500 there, because starlette's WSGI
    bridge encodes the header ``Content-Disposition`` as ASCII.
    """
    name = "größe-模型.txt"
    client.log_artifact(run_id, str(write(tmp_path / name, BINARY)))
    assert listing(client, run_id) == {name: len(BINARY)}


def test_empty_file(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """An empty file is a file."""
    client.log_artifact(run_id, str(write(tmp_path / "empty", b"")))

    assert "empty" in listing(client, run_id)
    assert download(client, run_id, "empty", tmp_path) == b""


def test_folder_comes_back(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """A tree of files keeps its shape."""
    tree = {"a.txt": b"a", "sub/b.bin": BINARY, "sub/deeper/c.txt": b"c"}
    for name, content in tree.items():
        write(tmp_path / "tree" / name, content)

    client.log_artifacts(run_id, str(tmp_path / "tree"), artifact_path="tree")

    target = tmp_path / "download"
    target.mkdir()
    root = Path(client.download_artifacts(run_id, "tree", str(target)))
    files = [path for path in root.rglob("*") if path.is_file()]
    assert {path.relative_to(root).as_posix(): path.read_bytes() for path in files} == tree
    assert listing(client, run_id, "tree") == {"tree/a.txt": 1, "tree/sub": None}


def test_text_and_json(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """Text is stored as UTF-8, a mapping as JSON."""
    client.log_text(run_id, "größe\n", "notes.txt")
    client.log_dict(run_id, {"a": [1, 2.5, None]}, "data.json")

    assert download(client, run_id, "notes.txt", tmp_path) == "größe\n".encode()
    assert b"".join(download(client, run_id, "data.json", tmp_path).split()) == (
        b'{"a":[1,2.5,null]}'
    )


def test_later_upload_replaces(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """The last write of a path is what is read."""
    client.log_text(run_id, "a longer first text", "note.txt")
    client.log_text(run_id, "second", "note.txt")

    assert download(client, run_id, "note.txt", tmp_path) == b"second"
    assert listing(client, run_id) == {"note.txt": len(b"second")}


def test_runs_do_not_share_artifacts(client: MlflowClient, experiment_id: str, run_id: str) -> None:
    """A run sees its own files only."""
    other = client.create_run(experiment_id).info.run_id
    client.log_text(run_id, "mine", "note.txt")

    assert listing(client, other) == {}


def test_missing_artifact_is_an_error(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """What was never stored cannot be downloaded, and no empty file stands in for it."""
    with pytest.raises(MlflowException):
        client.download_artifacts(run_id, "absent.bin", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["../escape", "a/../../escape", "/etc"])
def test_listing_stays_in_the_run(client: MlflowClient, run_id: str, path: str) -> None:
    """A path that leaves the run's folder is refused."""
    # The error of the HTTP artifact store: mlflow raises requests' own there.
    with pytest.raises((MlflowException, HTTPError), match="Invalid path"):
        client.list_artifacts(run_id, path)


@pytest.mark.slow
def test_large_file(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """16 MiB of noise arrive whole."""
    content = random.Random(360).randbytes(LARGE)  # noqa: S311 - noise, not a secret
    client.log_artifact(run_id, str(write(tmp_path / "large.bin", content)))

    assert listing(client, run_id) == {"large.bin": LARGE}
    received = download(client, run_id, "large.bin", tmp_path)
    assert hashlib.sha256(received).digest() == hashlib.sha256(content).digest()


@pytest.mark.slow
def test_many_files(client: MlflowClient, run_id: str, tmp_path: Path) -> None:
    """Two hundred files of one upload are all there."""
    expected = {f"{number:03}.txt": str(number).encode() for number in range(200)}
    for name, content in expected.items():
        write(tmp_path / "many" / name, content)

    client.log_artifacts(run_id, str(tmp_path / "many"))

    assert listing(client, run_id) == {name: len(content) for name, content in expected.items()}
    target = tmp_path / "download"
    target.mkdir()
    root = Path(client.download_artifacts(run_id, "", str(target)))
    assert {path.name: path.read_bytes() for path in root.iterdir()} == expected


def write(path: Path, content: bytes) -> Path:
    """Write a file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def listing(client: MlflowClient, run_id: str, path: str | None = None) -> dict[str, int | None]:
    """Map the paths in one folder of a run to their sizes in bytes (a folder has none)."""
    return {entry.path: entry.file_size for entry in client.list_artifacts(run_id, path)}


def download(client: MlflowClient, run_id: str, path: str, tmp_path: Path) -> bytes:
    """Download one file into a folder of its own, so that the upload's source cannot be read."""
    target = tmp_path / f"received-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
    target.mkdir(exist_ok=True)
    return Path(client.download_artifacts(run_id, path, str(target))).read_bytes()
