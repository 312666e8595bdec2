"""``runner upgrade`` of a deployed service: blue/green, while its users go on."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from support.command import runner
from support.depot import Depot
from support.depot.users import users


def upgrade(app: Depot, version: str, *words: str) -> subprocess.CompletedProcess[str]:
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": app.env["UV_FIND_LINKS"]}
    argv = ("upgrade", "--to", version, "--yes", *words)
    return runner(*argv, cwd=app.repository, env={**app.env, **index})


def record(app: Depot) -> dict[str, Any]:
    path = app.repository / "analysis_outputs/live/upgrade-steps.json"
    told: dict[str, Any] = json.loads(path.read_bytes())
    return told


def test_the_whole_way_while_users_write_and_read(app: Depot) -> None:
    with users(app.url) as working:
        done = upgrade(app, "1.1")
    assert done.returncode == 0, done.stdout + done.stderr
    assert working.troubles == []
    assert set(working.versions) == {"1.0", "1.1"}
    assert set(working.written) <= set(app.items())
    assert '"strategy": "blue-green"' in app.log("rollout", "decide")
    outcomes = {one["name"]: one["outcome"] for one in record(app)["steps"]}
    assert outcomes == {
        "triage": "passed",
        "rehearse": "skipped",
        "preflight": "passed",
        "bump": "passed",
        "verification": "skipped",
        "rollout": "passed",
        "bundle": "passed",
    }
    (bundle,) = (app.repository / "analysis_outputs").glob("depot-1.0-1.1-*.tar.gz")
    assert runner("verify", str(bundle), cwd=app.repository).returncode == 0
