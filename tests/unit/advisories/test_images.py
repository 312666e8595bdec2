"""Images and containers as an engine tells of them, and what it says where it cannot."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.door import LocalDoor
from unit.advisories.engines import (
    CONTAINER,
    ID,
    INSPECTED,
    NO_IMAGE,
    OTHER,
    REFERENCE,
    engine,
    prints,
    says,
)
from unit.advisories.repositories import door, program

from runner.advisories.images.client import Client, find_client
from runner.advisories.images.containers import Container, by_name, by_port
from runner.advisories.images.document import document, schema, version_of
from runner.advisories.images.errors import ImageError, MissingImageError
from runner.advisories.images.image import Image, Name, named, read_image
from runner.advisories.images.inside import Inside
from runner.advisories.sources.base import SourceError


def read(**changes: object) -> Image:
    return read_image(REFERENCE, json.dumps({**INSPECTED, **changes}).encode())


def client(there: LocalDoor, **answers: str) -> Client:
    engine(there, **answers)
    return find_client(there)


def test_an_image_that_was_built_here_is_known_by_its_id() -> None:
    image = read()
    assert (image.id, image.digest, image.digests) == (ID, ID, (ID,))
    assert (image.user, image.size, image.platform) == ("10001", 855124952, "linux/amd64")
    assert image.labels == {"org.opencontainers.image.version": "3.6.0"}


def test_an_image_of_a_registry_is_known_by_its_manifest() -> None:
    image = read(digests=[f"example/other@{ID}", f"example/mlflow@{OTHER}", "broken", "x@md5:1"])
    assert image.digest == OTHER
    assert image.digests == (ID, OTHER)


def test_an_image_as_podman_tells_it() -> None:
    bare = {"id": ID.removeprefix("sha256:"), "labels": None, "created": None, "os": ""}
    image = read(digests=[f"localhost/example/mlflow@{OTHER}"], **bare)
    assert (image.id, image.digest, image.platform) == (ID, OTHER, "amd64")
    assert (image.labels, image.created) == ({}, "")


@pytest.mark.parametrize("printed", [b"", b"[]", b'{"id": "x"}', b"\xff", b'{"id": 1}'])
def test_what_is_no_image_is_refused(printed: bytes) -> None:
    with pytest.raises(ImageError, match=f"what the engine tells of {REFERENCE} cannot be read"):
        read_image(REFERENCE, printed)


@pytest.mark.parametrize(
    ("reference", "name"),
    [
        ("mlflow", Name("", "mlflow")),
        ("mlflow:v1", Name("", "mlflow")),
        ("a/mlflow:v1.0", Name("", "a/mlflow")),
        ("localhost:5000/a/mlflow:v1", Name("localhost:5000", "a/mlflow")),
        ("localhost/a:1", Name("localhost", "a")),
        ("registry.example/library/python:3.11", Name("registry.example", "library/python")),
        (f"registry.example/a/b@{ID}", Name("registry.example", "a/b")),
    ],
)
def test_a_name_is_told_apart_from_tag_and_digest(reference: str, name: Name) -> None:
    assert named(reference) == name


@pytest.mark.parametrize(
    ("reference", "tag", "digest"),
    [
        ("python:3.11", "python:3.11", "python"),  # docker, of its default registry
        ("python:3.11", "registry.example/library/python:3.11", "registry.example/library/python"),
        ("registry.example/library/python:3.11", "python:3.11", "python"),
        ("registry.example/a/b", "a/b:latest", "a/b"),
        (f"registry.example/a/b@{OTHER}", "", "a/b"),
        ("a/b:1", "localhost/a/b:1", "localhost/a/b"),
    ],
)
def test_an_engine_may_shorten_a_name_or_write_it_out(
    reference: str, tag: str, digest: str
) -> None:
    told = {**INSPECTED, "tags": [tag] if tag else None, "digests": [f"{digest}@{OTHER}"]}
    assert read_image(reference, json.dumps(told).encode()).digest == OTHER


@pytest.mark.parametrize(
    ("reference", "tags", "digests"),
    [
        ("mirror.example/python:1", ["python:1", "mirror.example/python:1"], ["python"]),
        ("mirror.example/python:1", ["mirror.example/python:1"], ["other.example/python"]),
        ("a/b", [], ["a/c", "c/b", "registry.example/x/a/b"]),
    ],
    ids=["tagged here", "of another registry", "of another path"],
)
def test_a_digest_of_another_name_is_not_taken(
    reference: str, tags: list[str], digests: list[str]
) -> None:
    told = {**INSPECTED, "tags": tags, "digests": [f"{name}@{OTHER}" for name in digests]}
    assert read_image(reference, json.dumps(told).encode()).digest == ID


def test_of_two_registries_with_different_digests_none_is_taken() -> None:
    names = (f"one.example/a/b@{OTHER}", f"two.example/a/b@sha256:{'c' * 64}")
    told = {**INSPECTED, "digests": names}
    assert read_image("a/b", json.dumps(told).encode()).digest == ID


def test_docker_comes_first_and_podman_stands_in(tmp_path: Path) -> None:
    there = door(tmp_path)
    nothing = LocalDoor(there.repository, there.scratch, {"PATH": str(tmp_path / "bin")})
    with pytest.raises(ImageError, match="neither docker nor podman is there") as info:
        find_client(nothing)
    assert "install" in info.value.hint
    program(there, "podman", "true")
    assert find_client(nothing).engine == "podman"
    program(there, "docker", "true")
    assert find_client(nothing).engine == "docker"
    assert find_client(nothing, "podman").engine == "podman"
    Path(tmp_path / "bin" / "docker").unlink()
    with pytest.raises(ImageError, match="docker is not on the PATH"):
        find_client(nothing, "docker")


def test_an_image_is_looked_up_without_its_environment(tmp_path: Path) -> None:
    there = door(tmp_path)
    assert client(there, image=prints(INSPECTED)).inspect(REFERENCE) == read()
    (argv,) = there.ran
    assert argv[:4] == ("docker", "image", "inspect", "--format")
    assert "Env" not in argv[4]


@pytest.mark.parametrize("reference", ["", "-rf", "a\nb"])
def test_an_option_is_no_reference(tmp_path: Path, reference: str) -> None:
    there = door(tmp_path)
    with pytest.raises(ImageError, match="no reference of an image"):
        client(there, image="true").inspect(reference)
    assert not there.ran


@pytest.mark.parametrize(
    ("said", "error", "reason", "hint"),
    [
        (NO_IMAGE, MissingImageError, "No such image", ""),
        ("Error: inspecting object: x: image not known", MissingImageError, "not known", ""),
        (
            "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
            ImageError,
            "docker image inspect: no daemon answers",
            "DOCKER_HOST",
        ),
        (
            "permission denied while trying to connect to the Docker daemon socket at unix:///x",
            ImageError,
            "docker image inspect: this user may not talk to the daemon",
            "group 'docker'",
        ),
        (
            f"permission denied while trying to connect to the daemon: Get http://{'x' * 600}",
            ImageError,
            "docker image inspect: this user may not talk to the daemon: …x",
            "group 'docker'",
        ),
        ("something \x1b[31melse", ImageError, "docker image inspect: something else", "info"),
        ("", ImageError, "nothing, and exit code 1", "info"),
    ],
)
def test_what_an_engine_says_is_told(
    tmp_path: Path, said: str, error: type[ImageError], reason: str, hint: str
) -> None:
    with pytest.raises(ImageError, match=reason) as info:
        client(door(tmp_path), image=says(1, said)).inspect(REFERENCE)
    assert type(info.value) is error
    assert hint in info.value.hint


def test_an_engine_that_cannot_start_is_told(tmp_path: Path) -> None:
    there = door(tmp_path)
    asked = client(there, image="true")
    (tmp_path / "bin" / "docker").unlink()
    there.env = {"PATH": str(tmp_path / "bin")}
    with pytest.raises(ImageError, match="docker cannot start"):
        Client("docker", there).inspect(REFERENCE)
    assert asked.door is there


@pytest.mark.parametrize(
    ("script", "published"),
    [
        (prints({"schemaVersion": 2, "manifests": []}), True),
        (prints({"schemaVersion": 2, "config": {}, "layers": []}), True),
        (says(1, "no such manifest: registry.example/x/y:1"), False),
        (says(1, "manifest unknown: manifest unknown"), False),
    ],
)
def test_a_registry_is_asked(tmp_path: Path, script: str, *, published: bool) -> None:
    assert client(door(tmp_path), manifest=script).published(REFERENCE) is published


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (prints({}), "told no manifest"),
        ("echo hello", "told no manifest"),
        (says(1, "dial tcp 127.0.0.1:1: connect: connection refused"), "connection refused"),
    ],
)
def test_a_registry_that_does_not_answer_is_no_no(tmp_path: Path, script: str, reason: str) -> None:
    with pytest.raises(ImageError, match=reason) as info:
        client(door(tmp_path), manifest=script).published(REFERENCE)
    assert not isinstance(info.value, MissingImageError)


def test_a_command_runs_in_the_very_image_and_reaches_nothing(tmp_path: Path) -> None:
    there = door(tmp_path)
    ended = client(there, run="echo ok; exit 3").run_in(read(), ("mlflow", "--version"))
    assert (ended.exit_code, ended.stdout) == (3, b"ok\n")
    (argv,) = there.ran
    line = shlex.join(argv)
    assert line.endswith(f"--entrypoint mlflow {ID} --version")
    assert "--rm" in argv
    assert "--network none --read-only" in line
    assert "--cap-drop ALL --security-opt no-new-privileges" in line


@pytest.mark.parametrize(
    ("script", "error", "reason"),
    [
        (says(125, NO_IMAGE), MissingImageError, "docker run"),
        (says(127, 'exec: "nope": executable file not found'), ImageError, "nope cannot be run in"),
        (says(126, "permission denied"), ImageError, "nope cannot be run in the image example/m"),
    ],
)
def test_a_command_that_cannot_run_is_told(
    tmp_path: Path, script: str, error: type[ImageError], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        client(door(tmp_path), run=script).run_in(read(), ("nope",))


def test_the_container_of_a_command_that_hangs_is_removed(tmp_path: Path) -> None:
    there = door(tmp_path)
    asked = client(there, run="exec sleep 60", rm="true")
    with pytest.raises(ImageError, match="did not end in time"):
        asked.run_in(read(), ("sleep",), 0.2)
    started, removed = there.ran
    assert removed == ("docker", "rm", "--force", started[started.index("--name") + 1])


def test_the_door_into_an_image(tmp_path: Path) -> None:
    there = door(tmp_path)
    inner = Inside(client(there, run='shift $(($# - 1)); echo "$1"', rm="true"), read())
    assert inner.run(("echo", "word"), env={"A": "b"}).stdout == b"word\n"
    assert (inner.repository, inner.scratch) == (there.repository, there.scratch)
    assert inner.env is there.env
    inner.log("told")
    inner.keep("report", b"kept")
    inner.clean_up(("docker", "rm", "x"))
    assert (there.lines, there.kept) == (["told"], {"report": b"kept"})
    assert there.ran[-1] == ("docker", "rm", "x")
    engine(there, run=says(127, "not found"))
    with pytest.raises(SourceError, match="word cannot be run"):
        inner.run(("word",))


FOUND = Container("mlflow_1", ID, REFERENCE)


def containers(there: LocalDoor, *found: dict[str, Any]) -> Client:
    lines = "\n".join(prints(one) for one in found)
    return client(there, ps="\n".join(f"echo {one['id']}" for one in found), container=lines)


@pytest.mark.parametrize(("port", "found"), [(5050, FOUND), (5051, None), (5002, None)])
def test_a_container_is_found_by_the_port_that_it_publishes(
    tmp_path: Path, port: int, found: Container | None
) -> None:
    quiet = {**CONTAINER, "id": "d" * 64, "ports": None}
    asked = containers(door(tmp_path), quiet, dict(CONTAINER))
    assert by_port(asked, port) == found


def test_where_nothing_runs_nothing_is_inspected(tmp_path: Path) -> None:
    there = door(tmp_path)
    assert by_port(client(there, ps="true"), 5050) is None
    assert len(there.ran) == 1


def test_a_container_is_found_by_its_name(tmp_path: Path) -> None:
    there = door(tmp_path)
    assert by_name(containers(there, dict(CONTAINER)), "mlflow_1") == FOUND
    nameless = {**CONTAINER, "name": "", "image": ID.removeprefix("sha256:")}
    found = by_name(containers(there, nameless), "c")
    assert found == Container("c" * 64, ID, REFERENCE)
    assert by_name(containers(there, {**CONTAINER, "running": False}), "mlflow_1") is None
    gone = client(there, container=says(1, "Error response from daemon: No such container: x"))
    assert by_name(gone, "x") is None


def test_what_is_no_container_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="what docker tells of its containers cannot be read"):
        by_name(client(door(tmp_path), container="echo hello"), "x")


def test_the_document_fits_its_schema_and_keeps_a_version() -> None:
    data = document(read(), "podman", "3.6.0", "c0ffee")
    told = json.loads(data)
    jsonschema.validate(told, schema())
    assert (told["digest"], told["version"], told["engine"]) == (ID, "3.6.0", "podman")
    unknown = document(read(created="", os="", architecture=""), "docker", "", "")
    jsonschema.validate(json.loads(unknown), schema())
    assert json.loads(unknown)["version"] is None
    assert version_of(read(), data) == "3.6.0"
    assert version_of(read(id=OTHER), data) == ""
    assert version_of(read(), unknown) == version_of(read(), None) == version_of(read(), b"{") == ""
