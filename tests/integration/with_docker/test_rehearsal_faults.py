"""The rehearsal's faults in containers and with PostgreSQL in one, of a stand-in."""

from __future__ import annotations

import json
import os
import signal
import socket
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from support.command import runner
from support.contained_postgres import contained_cluster, little_space
from support.containers import docker, require_images
from support.postgres import Cluster
from support.standin import Standin, standin
from support.standin.containers import Images, contained, images
from support.standin.rehearsing import (
    NAPS,
    assert_clean,
    begun,
    everything,
    outcomes,
    record,
    rehearse,
)

_NUMBERS = count()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("contained")


@pytest.fixture(scope="session")
def made() -> Iterator[Images]:
    require_images()
    with images() as built:
        yield built


@pytest.fixture(scope="session")
def server(made: Images) -> Iterator[Cluster]:  # noqa: ARG001 - skipped for the same reasons
    with contained_cluster() as up:
        yield up


@pytest.fixture
def app(tmp_path: Path, shared: Path, made: Images, server: Cluster) -> Standin:
    name = f"user{os.getpid()}_{next(_NUMBERS)}"
    return contained(standin(tmp_path, shared), made, server, name)


@pytest.mark.parametrize(
    ("fault", "code", "part", "reason"),
    [
        ("migrate", 1, "migrate", "migrate: Migrate: exit code 1"),
        ("unhealthy", 3, "after", "/health within 20 s"),
    ],
)
def test_each_fault_ends_in_a_verdict_and_as_it_was(
    app: Standin, made: Images, fault: str, code: int, part: str, reason: str
) -> None:
    before = everything(app)
    done, found = rehearse(app, STANDIN_FAULT=fault)
    assert (done.returncode, found.exit_code, found.part) == (code, code, part), done.stdout
    assert reason in found.reason
    assert found.restored is True
    as_it_was(app, made, before)


def as_it_was(app: Standin, made: Images, before: dict[str, str]) -> None:
    """See that the user's files and rows are as before, and that nothing else is there."""
    assert everything(app) == before
    assert_clean(app)
    assert made.containers() == []


def test_which_version_breaks(app: Standin, made: Images) -> None:
    """A bisection, which begins with the rehearsal of a red matrix."""
    before = everything(app)
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": app.env["UV_FIND_LINKS"]}
    env = {**app.env, **index, "STANDIN_BREAKS": "2.0"}
    done = runner("bisect", "--to", "2.0", "--json", cwd=app.repository, env=env)
    assert done.returncode == 1, done.stdout + done.stderr
    told = json.loads(done.stdout)
    assert (told["last_passing"], told["first_breaking"]) == ("1.4", "2.0")
    tried = {one["version"]: (one["answer"], one["reason"]) for one in told["tried"]}
    assert tried["2.0"] == ("breaks", "verification: Items: status 500, expected 200")
    assert (tried["1.3"], tried["1.4"]) == (("passes", ""), ("passes", ""))
    assert record(app).restored is True
    as_it_was(app, made, before)


def test_a_port_that_is_taken(app: Standin, made: Images) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        app.edit("  ports: [port]\n", "")
        app.edit('port: "8123"', f'port: "{port}"')
        before = everything(app)
        done, found = rehearse(app)
    assert (done.returncode, found.part) == (3, "before"), done.stdout
    assert f"port {port} is held by another process" in found.reason
    as_it_was(app, made, before)


def test_a_server_whose_disk_is_full(app: Standin, made: Images, server: Cluster) -> None:
    with server.connect(app.database, "owner") as opened:
        opened.execute(
            "CREATE TABLE ballast AS SELECT n, repeat(md5(n::text), 30) AS t "
            "FROM generate_series(1, 15000) n"
        )
    before = everything(app)
    with little_space(server):
        done, found = rehearse(app)
    assert (done.returncode, found.part) == (3, "copies"), done.stdout
    assert "No space left on device" in found.reason
    assert found.hint
    as_it_was(app, made, before)


def test_killed_at_each_stage_it_is_cleaned_up_by_the_next_one(app: Standin, made: Images) -> None:
    before = everything(app)
    for nap, sign in NAPS:
        (app.live() / sign).unlink(missing_ok=True)  # of the one before
        process = begun(app, nap, sign)
        if nap.startswith("serve"):
            running(made)
        process.kill()
        process.communicate(timeout=60)
    done, found = rehearse(app)
    assert done.returncode == 0, done.stdout
    assert set(outcomes(found).values()) == {"passed"}
    assert found.restored is True
    assert "was killed" in found.warnings[0]
    as_it_was(app, made, before)


def running(made: Images) -> None:
    """Wait until a container runs."""
    while not made.containers():
        pass


def test_a_signal_removes_the_container(app: Standin, made: Images) -> None:
    before = everything(app)
    process = begun(app, *NAPS[-1])
    running(made)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate(timeout=120)
    assert process.returncode == 130, told
    assert record(app).clean
    as_it_was(app, made, before)
    assert docker("volume", "ls", "--quiet", "--filter", "name=standin") == ""
