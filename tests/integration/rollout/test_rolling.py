"""A rolling restart while users write and read: one fails, goes back, and is done again."""

from __future__ import annotations

import json
import socket
import subprocess

from support.command import runner
from support.depot import Depot
from support.depot.users import users


def both(app: Depot) -> None:
    """Give the release that is in blue to green as well, and half of the traffic with it."""
    record = json.loads((app.home / "rollout.json").read_text())
    record["slots"]["green"] = record["slots"]["blue"]
    record["up"] = ["blue", "green"]
    (app.home / "rollout.json").write_text(json.dumps(record))
    settings = (app.home / "slots.env").read_text()
    (app.home / "slots.env").write_text(settings + settings.replace("BLUE_", "GREEN_"))
    conf = ["supervisorctl", "-c", "deployment/local/supervisord.conf", "start", "green"]
    env = {**app.env, "DEPLOYMENT": str(app.home)}
    subprocess.run(conf, cwd=app.repository, env=env, check=True, capture_output=True)
    app.ready(f"http://{app.env['GREEN']}")
    with socket.socket(socket.AF_UNIX) as stream:
        stream.connect(str(app.home / "run/proxy.sock"))
        stream.sendall(b"set server slots/green state ready\n")
        assert stream.recv(100).strip() == b""


def slots(app: Depot) -> tuple[list[str], set[str]]:
    """Give the slots with traffic, and the versions that answer in both."""
    traffic: list[str] = app.told("show")["traffic"]
    return traffic, {app.ask("/version", f"http://{app.env[one]}") for one in ("BLUE", "GREEN")}


def test_one_after_the_other_while_users_write_and_read(app: Depot) -> None:
    both(app)
    assert app.run("preflight").returncode == 0
    app.bump("1.1")
    with users(app.url) as working:
        app.fault("unhealthy")
        done = app.run("rollout", "--set", "vars.strategy=rolling")
        assert done.returncode == 1, done.stdout + done.stderr
        assert app.results("rollout")["start"] == "failed"
        assert "no further; green has the traffic" in app.log("rollout", "settle")
        # The release of before comes up in blue again; green has served all the time.
        done = runner("rollback", "--yes", cwd=app.repository, env=app.env)
        assert done.returncode == 0, done.stdout + done.stderr
        assert slots(app) == (["blue", "green"], {"1.0"})
        assert set(working.versions) == {"1.0"}
        app.fault("")
        app.git("commit", "--quiet", "--all", "--message", "rolled back")
        app.bump("1.1")
        done = app.run("rollout", "--set", "vars.strategy=rolling")
        assert done.returncode == 0, done.stdout + done.stderr
        assert slots(app) == (["blue", "green"], {"1.1"})
    assert working.troubles == []
    assert (set(working.versions), working.versions[-1]) == ({"1.0", "1.1"}, "1.1")
    assert set(working.written) <= set(app.items())
