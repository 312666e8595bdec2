"""``runner rollback``: what it relies on, what it says is lost, and that all is as before."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import runner
from support.depot import Depot

SEEDED = [f"seed {number}" for number in range(50)]


@pytest.fixture
def upgraded(app: Depot) -> Depot:
    """Give the service after its upgrade to 2.0, which users have written to."""
    text = app.playbook.read_text().replace("vars:\n", "vars:\n  artifacts: home/files\n")
    more = (
        "rehearsal: {locks: [requirements.txt], artifacts: artifacts, stages: {after: [preflight]}}"
    )
    app.playbook.write_text(f"{text}{more}\n")
    lock = app.repository / "requirements.txt"
    # As it was made then, which nobody would make so again.
    lock.write_text(lock.read_text() + "# kept by hand\n")
    app.git("commit", "--quiet", "--all", "--message", "lock")
    assert app.run("preflight").returncode == 0
    app.write("before")
    app.bump("2.0", "--status", "new", "--cve", "CVE-2026-1")
    assert "kept by hand" not in lock.read_text()
    done = app.run("rollout")
    assert done.returncode == 0, done.stdout + done.stderr
    for number in range(3):
        assert app.write(f"after {number}") == "2.0"
    return app


def rollback(app: Depot, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return runner("rollback", *words, cwd=app.repository, env={**app.env, **env})


def record(app: Depot) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(
        Path(app.repository, "analysis_outputs/live/rollback.json").read_text()
    )
    return told


def test_everything_is_as_before(upgraded: Depot) -> None:
    app = upgraded
    before = app.git("show", "HEAD~1:requirements.txt")
    (app.home / "files").mkdir()
    (app.home / "files/model").touch()
    done = rollback(app, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "roll back depot 2.0 to 1.0" in done.stdout
    assert "items: 3 rows more" in done.stdout
    assert "artifacts: 1 written since the backup" in done.stdout
    assert app.git("status", "--porcelain") == ""
    assert app.write("last") == "2.0"

    done = rollback(app, "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (app.ask("/version"), app.items()) == ("1.0", [*SEEDED, "before"])
    assert (app.repository / "requirements.txt").read_text() == before
    assert "kept by hand" in before
    text = app.playbook.read_text()
    assert 'version: "1.0"' in text
    assert "upgrade_status: rolled_back" in text
    assert "CVE-2026-1" not in text
    found = record(app)
    assert json.loads(done.stdout) == found
    assert (found["verdict"], found["from"], found["to"]) == ("passed", "2.0", "1.0")
    assert found["lost"] == [{"table": "items", "before": 51, "now": 55}]
    assert found["artifacts"] == 1
    assert found["backup"]["revision"] == "aaa1"
    assert found["locks"] == ["requirements.txt"]
    schema = json.loads(runner("schema", "rollback", cwd=app.repository).stdout)
    jsonschema.Draft202012Validator(schema).validate(found)
    journal = (app.repository / "analysis_outputs/live/journal.jsonl").read_text()
    assert "rollback_begun" in journal
    assert "rollback_ended" in journal
    # The evidence of both can be sealed, and there is nothing more to be taken back.
    assert runner("bundle", cwd=app.repository, env=app.env).returncode == 0
    done = rollback(app, "--yes")
    assert (done.returncode, "there is no upgrade to take back" in done.stderr) == (2, True)


def test_nobody_is_there_to_be_asked(upgraded: Depot) -> None:
    done = rollback(upgraded)
    assert done.returncode == 2
    assert "cannot be asked: nobody is there" in done.stderr
    assert upgraded.write("still") == "2.0"
    assert upgraded.git("status", "--porcelain") == ""


def test_a_backup_that_is_not_what_was_verified(upgraded: Depot) -> None:
    (dump,) = (upgraded.repository / "analysis_outputs/backups").iterdir()
    content = bytearray(dump.read_bytes())
    content[len(content) // 2] ^= 1
    dump.chmod(0o600)
    dump.write_bytes(content)
    done = rollback(upgraded, "--yes")
    assert done.returncode == 3
    assert "not verified" in done.stderr
    assert "its SHA-256 differs" in done.stderr
    dump.unlink()
    assert "is not there any more" in rollback(upgraded, "--yes").stderr
    (upgraded.repository / "analysis_outputs/live/database-backup.json").unlink()
    assert "not verified" in rollback(upgraded, "--yes").stderr
    assert upgraded.write("still") == "2.0"
    assert upgraded.git("status", "--porcelain") == ""


def test_where_nothing_was_rolled_out_only_the_pins_go_back(app: Depot) -> None:
    assert app.run("preflight").returncode == 0
    app.bump("2.0")
    done = rollback(app, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing was rolled out that could go back: 1.0 serves" in done.stdout
    assert (app.repository / "requirements.in").read_text() == "depot==1.0\n"
    assert app.write("still") == "1.0"
    assert not (app.repository / "analysis_outputs/live/rollback").exists()


def test_no_upgrade_at_all(app: Depot) -> None:
    done = rollback(app, "--yes")
    assert done.returncode == 2
    assert "does not tell with which version the upgrade began" in done.stderr
    assert "--to VERSION" in done.stderr


def test_the_freeze_is_announced(upgraded: Depot) -> None:
    text = upgraded.playbook.read_text()
    text += "owners: {notify: [ops]}\nnotify:\n  ops: {urls: NOTIFY_OPS}\n"
    upgraded.playbook.write_text(text)
    upgraded.git("commit", "--quiet", "--all", "--message", "tell")
    done = rollback(upgraded, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "notify: ops: NOT TOLD: NOTIFY_OPS is not set: depot 2.0: freeze" in done.stderr


@pytest.mark.slow
def test_killed_at_each_step_it_is_carried_out_again(upgraded: Depot) -> None:
    app = upgraded
    for check in ("close", "stop", "restore", "start", "move"):
        app.kill("rollback", "--yes", check=check)
        assert record(app)["verdict"] is None
    done = rollback(app, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert (app.ask("/version"), app.items()) == ("1.0", [*SEEDED, "before"])


def test_a_server_of_before_that_does_not_come_up(upgraded: Depot) -> None:
    app = upgraded
    (app.repository / "deployment/local/serve").write_text("#!/bin/sh\nexit 0\n")
    done = rollback(app, "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Start: " in record(app)["reason"]
    app.git("checkout", "--", "deployment/local/serve")
    done = rollback(app, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert app.items() == [*SEEDED, "before"]


def test_a_database_that_is_broken_is_one_more_reason(upgraded: Depot) -> None:
    app = upgraded
    app.database.write_bytes(b"no database at all" * 1000)
    done = rollback(app, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "what was written since cannot be told" in done.stdout
    done = rollback(app, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert app.items() == [*SEEDED, "before"]
