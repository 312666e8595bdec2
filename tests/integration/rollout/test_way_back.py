"""The way back takes nothing from users that it need not: while they write, it loses no item."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from support.command import runner
from support.depot import Depot
from support.depot.users import Users, users

SEEDED = [f"seed {number}" for number in range(50)]


def call(app: Depot, *words: str) -> subprocess.CompletedProcess[str]:
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": app.env["UV_FIND_LINKS"]}
    return runner(*words, cwd=app.repository, env={**app.env, **index})


def steps(app: Depot) -> dict[str, Any]:
    path = app.repository / "analysis_outputs/live/upgrade-steps.json"
    told: dict[str, Any] = json.loads(path.read_bytes())
    return told


def assert_nothing_lost(app: Depot, working: Users) -> None:
    assert working.troubles == []
    assert working.written
    assert set(working.written) <= set(app.items())


def pin(app: Depot) -> str:
    return (app.repository / "requirements.in").read_text().strip()


def test_a_green_that_is_ill_costs_users_nothing(app: Depot) -> None:
    """Nothing was changed: pins and locks go back, and no stage is carried out."""
    app.fault("unhealthy")
    with users(app.url) as working:
        words = ("--yes", "--on-failure", "rollback")
        done = call(app, "upgrade", "--to", "1.1", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    found = steps(app)
    assert found["rolled_back"] is True
    facts = found["steps"][-1]["facts"]
    assert "nothing is lost: 1.0 serves, on data that no rollout has changed since" in facts
    assert_nothing_lost(app, working)
    assert (pin(app), app.ask("/version")) == ("depot==1.0", "1.0")
    assert not (app.repository / "analysis_outputs/live/rollback").exists()


def test_a_rollout_that_was_refused_is_taken_back(app: Depot) -> None:
    """There is no backup yet, and none is needed."""
    words = ("--yes", "--on-failure", "rollback", "--set", "vars.strategy=blue-green")
    done = call(app, "upgrade", "--to", "2.0", *words)
    assert done.returncode == 1, done.stdout + done.stderr
    assert steps(app)["rolled_back"] is True
    assert (pin(app), app.write("still")) == ("depot==1.0", "1.0")
    assert "1.0 serves as before: nothing was begun for 2.0" in app.log("rollout", "settle")
    # The next one begins anew, and is not stuck in the way back of this one.
    done = call(app, "upgrade", "--to", "2.0", "--yes", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (app.ask("/version"), app.items()) == ("2.0", [*SEEDED, "still"])


def test_blue_green_is_taken_back_while_users_write(app: Depot) -> None:
    """The release of before takes the data as they are: the traffic moves, and nothing else."""
    assert app.run("preflight").returncode == 0
    app.bump("1.1")
    with users(app.url) as working:
        done = app.run("rollout")
        assert done.returncode == 0, done.stdout + done.stderr
        done = call(app, "rollback", "--yes")
        assert done.returncode == 0, done.stdout + done.stderr
    assert "stays as it is: 1.0 runs on the data as they are" in done.stdout
    assert "lost:      nothing: no data are put back" in done.stdout
    assert_nothing_lost(app, working)
    assert set(working.versions) == {"1.0", "1.1"}
    assert (working.versions[-1], pin(app)) == ("1.0", "depot==1.0")
    assert "depot.db stays as it is" in app.log("rollback", "restore")
    told = json.loads((app.repository / "analysis_outputs/live/rollback.json").read_text())
    assert (told["verdict"], told["way"], told["lost"]) == ("passed", "keep", [])
    shown = app.told("show")
    assert (shown["up"], shown["phase"]) == (["blue"], "settled")


def test_a_way_back_that_fails_starts_no_newer_server(app: Depot) -> None:
    """The data of before are back: 2.0 would migrate them once more, and nobody would know."""
    text = app.playbook.read_text().replace(
        "{area: Start, needs: [restore]", "{area: Start, needs: [files]"
    )
    files = "    - {area: Files, needs: [restore], run: [test, -e, FILES]}\n"
    app.playbook.write_text(
        text.replace(
            "    - {area: Start, needs: [files]", f"{files}    - {{area: Start, needs: [files]"
        )
    )
    app.git("commit", "--quiet", "--all", "--message", "files")
    assert app.run("preflight").returncode == 0
    app.bump("2.0")
    app.fault("migrate")  # green has never had a server
    assert app.run("rollout").returncode == 1
    app.fault("")
    assert call(app, "rollback", "--yes").returncode == 1
    assert app.results("rollback") | {"restore": "passed", "files": "failed"} == app.results(
        "rollback"
    )
    told = app.log("rollback", "settle")
    assert "the way back has come to 'stopped' and no further" in told
    assert "call it again: runner rollback" in told
    shown = app.told("show")
    assert (shown["up"], shown["traffic"]) == ([], [])
    (app.repository / "FILES").touch()
    done = call(app, "rollback", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (app.ask("/version"), app.items()) == ("1.0", SEEDED)
