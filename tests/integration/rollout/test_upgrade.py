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


_SERVE = 'exec python -m depot serve "${VAR_DATABASE_URL#sqlite:///}" "127.0.0.1:$VAR_PORT"'
_DATABASE = 'url: "${{ vars.database_url }}"'
_MIGRATE = 'python -m depot migrate "${VAR_DATABASE_URL#sqlite:///}"'
REHEARSED = f"""\
services:
  web:
    run: [sh, -c, '{_SERVE}']
    env: {{DEPLOYMENT: "${{{{ run.scratch }}}}"}}
    ready: {{url: "http://127.0.0.1:${{{{ vars.port }}}}/health", within: 20s}}
rehearsal:
  locks: [requirements.txt]
  ports: [port]
  database: database_url
  stages: {{before: [measure, deployed], migrate: [migrate], after: [measure], rollback: [restore]}}
upgrade: {{preflight: deployed}}
stages:
  measure:
    - area: Version
      uses: http
      with: {{url: "http://127.0.0.1:${{{{ vars.port }}}}/version"}}
      expect: {{status: 200, body: {{equals: "${{{{ release.version }}}}"}}}}
      services: [web]
  migrate:
    - {{area: Migrate, run: '{_MIGRATE}', env: {{DEPLOYMENT: "${{{{ run.scratch }}}}"}}}}
  restore:
    - {{area: Restore, uses: database, with: {{operation: restore, {_DATABASE}}}}}
  deployed:
    - {{area: Backup, uses: database, with: {{operation: backup, {_DATABASE}}}}}
"""
"""What is rehearsed and saved first, as the playbook of MLflow says it: by one variable."""


def rehearsed(app: Depot) -> None:
    """Let the playbook rehearse and save what users have, and demand that it was rehearsed."""
    text = app.playbook.read_text()
    text = text.replace("sqlite:///${{ vars.home }}/depot.db", "${{ vars.database_url }}")
    variables = 'vars:\n  port: "1"\n  home: home\n'
    variables += '  database_url: "sqlite:///${{ vars.home }}/depot.db"\n'
    text = text.replace("vars:\n  home: home\n", variables).replace("stages:\n", REHEARSED)
    demand = "  rollout:\n    - {area: It was rehearsed, uses: rehearsal}\n"
    text = text.replace("  rollout:\n", demand)
    app.playbook.write_text(
        text.replace("needs: [build]\n", "needs: [it-was-rehearsed, build]\n", 1)
    )
    app.git("commit", "--quiet", "--all", "--message", "rehearse")


def test_what_users_have_is_rehearsed_saved_rolled_out_and_taken_back(app: Depot) -> None:
    rehearsed(app)
    app.write("mine")
    rows = 52  # 50 seeds, ours, and the revision
    app.fault("unhealthy")
    done = upgrade(app, "2.0", "--on-failure", "rollback")
    assert done.returncode == 1, done.stdout + done.stderr
    path = app.repository / "analysis_outputs/rehearsals/1.0-2.0/live/rehearsal.json"
    told = json.loads(path.read_bytes())
    assert (told["verdict"], told["migration"]["rows_before"]) == ("passed", rows)
    assert [one["before"] == one["after"] != "" for one in told["kept"]] == [True, True]
    assert app.results("rollout")["it-was-rehearsed"] == "passed"
    for stage in ("deployed", "rollout"):
        assert f" {rows} rows" in app.log(stage, "backup")
    assert record(app)["rolled_back"] is True
    assert (app.ask("/version"), "mine" in app.items()) == ("1.0", True)

    app.fault("")
    app.write("later")
    app.git("commit", "--quiet", "--all", "--message", "as it was")
    done = upgrade(app, "2.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(path.read_bytes())["migration"]["rows_before"] == rows + 1
    assert (app.ask("/version"), {"mine", "later"} <= set(app.items())) == ("2.0", True)
