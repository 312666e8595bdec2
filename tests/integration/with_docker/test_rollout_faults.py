"""The faults of a rollout to containers with PostgreSQL, of a service that is up in a second.

One deployment goes through all of them: what is left of each is what the next one begins with.
"""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import urllib3
from support.depot import Depot
from support.depot.containers import PASSWORD, contained_depot
from support.depot.users import users
from support.registry import registry

_BALLAST = """CREATE TABLE ballast AS SELECT n, (SELECT string_agg(md5((n * m)::text), '')
    FROM generate_series(1, 1000) m) FROM generate_series(1, 200) n"""


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Depot]:
    # Not pytest's own folder: the path of a socket has at most 107 bytes (unix(7)).
    with (
        registry(tmp_path) as up,
        tempfile.TemporaryDirectory(prefix="depot-") as name,
        contained_depot(Path(name), tmp_path, up.address) as made,
    ):
        yield made


@pytest.mark.slow
def test_every_fault_in_turn_costs_no_item(app: Depot) -> None:
    the_place_of_green_is_taken(app)
    written = blue_green(app)
    assert app.ask("/version") == "1.1"
    before = app.items()
    assert set(written) <= set(before)
    the_disk_is_full(app)
    for fault, red, reason in (
        ("migrate", "migrate", "cannot add the table tags: injected"),
        ("unhealthy", "start", "blue is not healthy within 20 s"),
    ):
        there_is_no_way_but_back(app, fault, red, reason)
        assert (app.ask("/version"), app.items()) == ("1.1", before)
    killed_at_each_step(app)
    assert (app.ask("/version"), app.items()) == ("2.0", before)
    assert app.write("late") == "2.0"
    back_again_killed_at_each_step(app)
    assert (app.ask("/version"), app.items()) == ("1.1", before)
    assert app.told("show")["phase"] == "settled"


def the_place_of_green_is_taken(app: Depot) -> None:
    host, _, port = app.env["GREEN"].partition(":")
    app.bump("1.1")
    with socket.create_server((host, int(port))):
        assert app.run("rollout").returncode == 1
    results = app.results("rollout")
    assert (results["build"], results["start"], results["move"]) == ("passed", "failed", "skipped")
    assert "address already in use" in app.log("rollout", "start")
    assert "the traffic is with blue, as before" in app.log("rollout", "settle")
    assert app.write("still") == "1.0"


def blue_green(app: Depot) -> list[str]:
    """Roll out under load, by an image that the registry has; give what was written."""
    with users(app.url, writers=1, readers=1) as working:
        done = app.run("rollout")
    assert done.returncode == 0, done.stdout + done.stderr
    assert working.troubles == []
    assert set(working.versions) == {"1.0", "1.1"}
    assert '"strategy": "blue-green"' in app.log("rollout", "decide")
    log = app.log("rollout", "build")
    reference = log.partition('"reference": "')[2].partition('"')[0]
    digest = log.partition('"digest": "')[2].partition('"')[0]
    address, _, image = reference.partition("/")
    name, _, tag = image.partition(":")
    url = f"http://{address}/v2/{name}/manifests/{tag}"
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    answer = urllib3.request("GET", url, headers={"Accept": kind}, timeout=10)
    assert (tag, answer.headers["Docker-Content-Digest"]) == ("v1.1", digest)
    assert PASSWORD not in done.stdout + done.stderr + log
    return working.written


def the_disk_is_full(app: Depot) -> None:
    with psycopg.connect(app.place, user="mlflow", password=PASSWORD, autocommit=True) as opened:
        opened.execute(_BALLAST)
        app.bump("2.0")
        assert app.full_disk("rollout") == 3
        results = app.results("rollout")
        assert (results["backup"], results["migrate"]) == ("errored", "skipped")
        opened.execute("DROP TABLE ballast")
    told = app.log("rollout", "settle")
    assert "nothing was migrated: the servers of before serve again" in told
    assert app.ask("/version") == "1.1"
    app.bump("1.1", "--allow-downgrade")


def there_is_no_way_but_back(app: Depot, fault: str, red: str, reason: str) -> None:
    """Fail once the migration has begun: closed, until it is taken back."""
    app.bump("2.0")
    app.fault(fault)
    assert app.run("rollout").returncode == 1
    results = app.results("rollout")
    assert (results[red], results["move"]) == ("failed", "skipped")
    assert reason in app.log("rollout", red)
    assert "take it back: runner rollback" in app.log("rollout", "settle")
    once = {"Connection": "close"}
    assert urllib3.request("GET", f"{app.url}/items", headers=once, retries=False).status == 503
    app.fault("")
    app.bump("1.1", "--allow-downgrade")
    done = app.run("rollback")
    assert done.returncode == 0, done.stdout + done.stderr


def killed_at_each_step(app: Depot) -> None:
    app.bump("2.0")
    more: tuple[str, ...] = ()
    for check in ("build", "close", "stop", "backup", "migrate", "start", "move", "soak"):
        app.kill("run", "rollout", *more, check=check)
        more = ("--resume",)
    done = app.run("rollout", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr


def back_again_killed_at_each_step(app: Depot) -> None:
    words = ("rollback", "--to", "1.1", "--yes")
    for check in ("close", "stop", "restore", "start", "move"):
        app.kill(*words, check=check)
    done = app.runner(*words)
    assert done.returncode == 0, done.stdout + done.stderr
