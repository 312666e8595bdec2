"""The stage ``rollout`` on a service behind a real proxy, and its faults."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from threading import Thread

import pytest
import urllib3
from support.depot import Depot, shut_down

SEEDED = [f"seed {number}" for number in range(50)]


def closed(app: Depot) -> bool:
    """Say whether users are told to come again later."""
    once = {"Connection": "close"}
    response = urllib3.request("GET", f"{app.url}/items", headers=once, retries=False, timeout=60)
    told = response.data.decode()
    return response.status == 503 and told == "closed while a release is rolled out\n"


def test_what_migrates_is_rolled_out_while_nothing_writes(app: Depot) -> None:
    app.write("before")
    app.bump("2.0")
    done = app.run("rollout")
    assert done.returncode == 0, done.stdout + done.stderr
    assert set(app.results("rollout").values()) == {"passed"}
    assert (app.ask("/version"), app.items()) == ("2.0", [*SEEDED, "before"])
    decided = app.log("rollout", "decide")
    assert '"strategy": "stop-migrate-start"' in decided
    assert "blue-green is refused: the release migrates the database from aaa1 to bbb2" in decided
    backup = json.loads((app.repository / "analysis_outputs/live/database-backup.json").read_text())
    assert backup["contents"]["revision"] == "aaa1"
    # The new server's own lines are in the evidence, and the old one is gone.
    assert "2.0 serves" in app.log("rollout", "soak")
    told = app.told("show")
    assert (told["traffic"], told["up"], told["phase"]) == (["green"], ["green"], "settled")
    with pytest.raises(Exception, match="refused"):
        app.ask("/version", f"http://{app.env['BLUE']}")


def test_a_wish_that_would_be_wrong_is_refused_before_anything_is_touched(app: Depot) -> None:
    app.bump("2.0")
    for wish in ("blue-green", "rolling"):
        done = app.run("rollout", "--set", f"vars.strategy={wish}")
        assert done.returncode == 1
        results = app.results("rollout")
        assert (results["decide"], results["close"]) == ("failed", "skipped")
        told = app.log("rollout", "decide")
        assert f"{wish} is refused: the release migrates the database from aaa1 to bbb2" in told
        assert "stop-migrate-start is the way" in told
        assert app.write(wish) == "1.0"


def test_a_server_of_a_newer_database_is_refused(app: Depot) -> None:
    options = (*app.of("1.1"), "--revision", "ccc3")
    app.step("environment", *app.of("1.1"))
    done = app.step("decide", *options, ok=False)
    assert "revision ccc3, which the release does not know: it is of a newer one" in done.stderr


@pytest.mark.parametrize(
    ("fault", "red", "reason"),
    [
        ("migrate", "migrate", "cannot add the table tags: injected"),
        ("unhealthy", "start", "green is not healthy within 20 s"),
        ("api", "start", "403"),
    ],
)
def test_after_the_migration_has_begun_there_is_no_way_but_back(
    app: Depot, fault: str, red: str, reason: str
) -> None:
    app.write("before")
    app.bump("2.0")
    app.fault(fault)
    done = app.run("rollout")
    assert done.returncode == 1
    results = app.results("rollout")
    assert (results[red], results["move"], results["settle"]) == ("failed", "skipped", "failed")
    assert reason in app.log("rollout", red)
    assert "take it back: runner rollback" in app.log("rollout", "settle")
    assert closed(app)
    app.fault("")
    # Nothing else is rolled out over it.
    assert app.run("rollout").returncode == 1
    assert "and no further" in app.log("rollout", "decide")
    app.bump("1.0", "--allow-downgrade")
    done = app.run("rollback")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nobody is told of the freeze: the playbook's 'notify' names nobody" in done.stderr
    assert (app.ask("/version"), app.items()) == ("1.0", [*SEEDED, "before"])


@pytest.mark.parametrize(("fault", "red"), [("unhealthy", "start"), ("api", "start")])
def test_a_green_that_is_not_well_gets_no_traffic(app: Depot, fault: str, red: str) -> None:
    app.bump("1.1")
    app.fault(fault)
    assert app.run("rollout").returncode == 1
    results = app.results("rollout")
    assert (results[red], results["move"]) == ("failed", "skipped")
    assert "the traffic is with blue, as before" in app.log("rollout", "settle")
    assert (app.write("still"), app.told("show")["up"]) == ("1.0", ["blue"])
    app.fault("")
    done = app.run("rollout")
    assert done.returncode == 0, done.stdout
    assert app.ask("/version") == "1.1"


def test_a_green_that_gets_ill_while_it_is_watched_loses_the_traffic(app: Depot) -> None:
    app.bump("1.1")
    argv = [sys.executable, "-m", "runner", "run", "rollout", "--set", "vars.soak=60"]
    with subprocess.Popen(
        argv, cwd=app.repository, env=app.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        wait_for(app, "moved")
        assert app.ask("/version", f"http://{app.env['BLUE']}") == "1.0"  # kept meanwhile
        app.fault("api")
        told = running.communicate(timeout=300)[0].decode()
    assert running.returncode == 1, told
    assert "the traffic is with blue again" in app.log("rollout", "soak")
    assert app.write("again") == "1.0"


def test_a_migration_that_ended_after_its_runner_was_killed(app: Depot) -> None:
    """The row is carried out again, and finds that its work is done."""
    app.step("environment", *app.of("2.0"))
    app.step("decide", *app.of("2.0"), "--revision", "aaa1")
    app.step("close")
    app.step("stop")
    assert app.told("migrate", "--", "true")["migrated"] is True
    assert app.told("migrate", "--", "false")["migrated"] is True


def test_what_was_not_backed_up_on_a_full_disk_is_not_migrated_and_opened_again(app: Depot) -> None:
    with closing(sqlite3.connect(app.database)) as opened, opened:
        opened.execute("CREATE TABLE ballast AS SELECT randomblob(2000000) AS content")
    app.bump("2.0")
    assert app.full_disk("rollout") == 3
    results = app.results("rollout")
    assert (results["stop"], results["backup"], results["migrate"]) == (
        "passed",
        "errored",
        "skipped",
    )
    assert "nothing was migrated: the servers of before serve again" in app.log("rollout", "settle")
    assert app.write("again") == "1.0"
    done = app.run("rollout")
    assert done.returncode == 0, done.stdout
    assert app.items() == [*SEEDED, "again"]


def test_the_place_of_green_is_taken(app: Depot) -> None:
    host, _, port = app.env["GREEN"].partition(":")
    stranger = [sys.executable, "-m", "http.server", "--bind", host, port]
    with subprocess.Popen(stranger, stderr=subprocess.DEVNULL) as running:
        try:
            ready_or_not(app.env["GREEN"])
            app.bump("1.1")
            assert app.run("rollout").returncode == 1
            assert "something else runs there: stop it" in app.log("rollout", "start")
            assert app.write("still") == "1.0"
        finally:
            running.kill()


def ready_or_not(address: str) -> None:
    host, _, port = address.partition(":")
    for _ in range(1200):
        with socket.socket() as stream:
            if stream.connect_ex((host, int(port))) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"nobody listens on {address}")


def test_requests_under_way_end_before_anything_is_stopped(app: Depot) -> None:
    app.fault("hold")
    app.bump("2.0")
    written: list[str] = []
    writer = Thread(target=lambda: written.append(app.write("late")))
    writer.start()
    seen_by_the_proxy(app, sessions="1")
    argv = [sys.executable, "-m", "runner", "run", "rollout"]
    with subprocess.Popen(
        argv, cwd=app.repository, env=app.env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as running:
        seen_by_the_proxy(app, status="DRAIN", sessions="1")
        app.fault("")
        told = running.communicate(timeout=300)[0].decode()
    writer.join()
    assert running.returncode == 0, told
    assert written == ["1.0"]
    assert "late" in app.items()


def seen_by_the_proxy(app: Depot, **wanted: str) -> None:
    """Wait until the proxy sees blue so: its status, and the requests that are under way there."""
    known: dict[str, str] = {}
    for _ in range(1200):
        with socket.socket(socket.AF_UNIX) as stream:
            stream.connect(str(app.home / "run/proxy.sock"))
            stream.sendall(b"show stat slots 4 -1\n")
            rows = stream.makefile().read().splitlines()
        blue = next(row for row in rows if row.startswith("slots,blue")).split(",")
        known = {"sessions": blue[4], "status": blue[17]}
        if known.items() >= wanted.items():
            return
        time.sleep(0.05)
    pytest.fail(f"blue is {known}, not {wanted}")


def test_requests_that_do_not_end_keep_it_open(app: Depot) -> None:
    app.fault("hold")
    app.bump("2.0")
    writer = Thread(target=lambda: app.write("later"))
    writer.start()
    seen_by_the_proxy(app, sessions="1")
    assert app.run("rollout").returncode == 1
    assert app.results("rollout")["close"] == "failed"
    assert "requests are still under way after 20 s: {'blue': 1}" in app.log("rollout", "close")
    app.fault("")
    writer.join()
    assert app.write("open") == "1.0"
    assert app.items()[-2:] == ["later", "open"]


def wait_for(app: Depot, phase: str) -> None:
    for _ in range(2400):
        path = app.home / "rollout.json"
        if path.exists() and json.loads(path.read_text())["phase"] == phase:
            return
        time.sleep(0.05)
    pytest.fail(f"the rollout does not come to '{phase}'")


@pytest.mark.slow
def test_killed_at_each_step_it_goes_on(app: Depot) -> None:
    app.bump("2.0")
    more: tuple[str, ...] = ()
    for check in ("close", "stop", "backup", "migrate", "start", "move", "soak"):
        app.kill("run", "rollout", *more, check=check)
        more = ("--resume",)
    done = app.run("rollout", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (app.ask("/version"), app.items()) == ("2.0", SEEDED)


def test_wrong_usage_says_what_is_wrong(app: Depot) -> None:
    done = app.step("decide", *app.of("1.1"), "--deployment", "none.toml", ok=False)
    assert "cannot read none.toml" in done.stderr
    done = app.step("adopt", *app.of("1.0"), "--slot", "red", ok=False)
    assert "has the traffic already" in done.stderr
    for step in ("close", "stop", "start", "move"):
        assert "nothing was decided" in app.step(step, ok=False).stderr
    app.step("environment", *app.of("2.0"))
    app.step("decide", *app.of("2.0"), "--revision", "aaa1")
    assert "nothing is migrated yet" in app.step("start", ok=False).stderr
    done = app.step("migrate", "--", "true", ok=False)
    assert "has come to 'decided': a server may still write" in done.stderr
    app.step("environment", *app.of("1.1"))
    app.step("decide", *app.of("1.1"), "--revision", "aaa1")
    done = app.step("soak", "--seconds", "0", ok=False)
    assert "the traffic has not moved: the rollout has come to 'decided'" in done.stderr
    assert "nothing is started yet" in app.step("move", ok=False).stderr
    done = app.step("up", "--home", "h" * 90, ok=False)
    assert "is too long for a socket" in done.stderr
    (app.home / "rollout.json").write_text("{")
    assert "cannot read" in app.step("show", ok=False).stderr


def test_what_comes_up_again_is_as_it_was(app: Depot) -> None:
    app.bump("1.1")
    done = app.run("rollout")
    assert done.returncode == 0, done.stdout + done.stderr
    keeper = ["supervisorctl", "-c", "deployment/local/supervisord.conf"]
    env = {**app.env, "DEPLOYMENT": str(app.home)}
    subprocess.run(
        [*keeper, "restart", "proxy"], cwd=app.repository, env=env, check=True, capture_output=True
    )
    app.ready()
    assert app.told("show")["traffic"] == ["green"]
    assert app.ask("/version") == "1.1"
    # Everything: the machine has started anew.
    shut_down(app.repository, keeper[-1], app.home, app.env)
    app.step("up")
    app.ready()
    assert app.told("show")["traffic"] == ["green"]
    assert (app.ask("/version"), app.items()) == ("1.1", SEEDED)
    with pytest.raises(Exception, match="refused"):
        app.ask("/version", f"http://{app.env['BLUE']}")
