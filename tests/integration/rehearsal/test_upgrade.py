"""The whole upgrade of the stand-in, as one run."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import runner
from support.standin import Standin
from support.standin.rehearsing import assert_clean

INSTALLED = """    - area: Installed
      run: [sh, -c, 'python -c "import standin; print(standin.VERSION)" | grep -x $RELEASE_VERSION']
"""
REAL = f"""  preflight:
{INSTALLED}  verification:
{INSTALLED}    - area: Lock
      run: [grep, -q, "standin==${{{{ release.version }}}}", requirements.txt]
  rollout:
    - {{area: Rehearsed, uses: rehearsal}}
    - {{area: Go, run: [test, -e, GO]}}
  rollback:
{INSTALLED}    - {{area: Back, run: [sh, -c, '[ ! -e HALF ] && touch BACK']}}
rehearsal:
"""


@pytest.fixture
def real(app: Standin) -> Standin:
    """Give the stand-in with stages that are carried out on the repository itself."""
    app.edit("  verification:\n", "  matrix:\n")
    app.edit("rehearsal:\n", REAL)
    app.edit("migrate: [migrate], ", "migrate: [migrate], after: [matrix], ")
    (app.repository / "GO").touch()
    return app


def with_index(app: Standin) -> dict[str, str]:
    return {**app.env, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": app.env["UV_FIND_LINKS"]}


def upgrade(app: Standin, *words: str) -> subprocess.CompletedProcess[str]:
    return runner("upgrade", "--to", "2.0", *words, cwd=app.repository, env=with_index(app))


def under_way(app: Standin) -> str:
    """Name the step at work; the record is replaced as a whole."""
    try:
        return str(record(app)["under_way"])
    except FileNotFoundError:
        return ""


def record(app: Standin) -> dict[str, Any]:
    path = app.repository / "analysis_outputs/live/upgrade-steps.json"
    known: dict[str, Any] = json.loads(path.read_bytes())
    return known


def lock(app: Standin) -> str:
    text = (app.repository / "requirements.txt").read_text()
    return text.partition("standin==")[2].split()[0]


def test_the_whole_way(real: Standin) -> None:
    done = upgrade(real, "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    found = record(real)
    assert {one["name"]: one["outcome"] for one in found["steps"]} == {
        "triage": "passed",
        "rehearse": "passed",
        "preflight": "passed",
        "bump": "passed",
        "verification": "passed",
        "rollout": "passed",
        "bundle": "passed",
    }
    assert lock(real) == "2.0"
    (bundle,) = Path(real.repository, "analysis_outputs").glob("standin-1.0-2.0-*.tar.gz")
    assert runner("verify", str(bundle), cwd=real.repository).returncode == 0
    schema = json.loads(runner("schema", "upgrade", cwd=real.repository).stdout)
    jsonschema.Draft202012Validator(schema).validate(found)


def test_a_failed_rollout_is_rolled_back(real: Standin) -> None:
    (real.repository / "GO").unlink()
    real.edit("vars:\n", "on_failure: rollback\nvars:\n")
    done = upgrade(real, "--yes")
    assert done.returncode == 1, done.stdout + done.stderr
    assert record(real)["rolled_back"] is True
    assert lock(real) == "1.0"
    assert (real.repository / "BACK").exists()
    assert "upgrade_status: rolled_back" in real.playbook.read_text()
    assert "FAILED upgrade of standin 1.0 to 2.0, rolled back" in done.stdout
    # Said before it is done, as `runner rollback` does.
    assert "roll back standin 2.0 to 1.0" in done.stdout
    assert "nobody is told of the freeze" in done.stderr


def test_what_was_stopped_is_resumed(real: Standin) -> None:
    (real.repository / "GO").unlink()
    assert upgrade(real, "--yes", "--on-failure", "stop").returncode == 1
    assert lock(real) == "2.0"
    (real.repository / "GO").touch()
    done = upgrade(real, "--yes", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("done before") == 5
    assert not (real.repository / "BACK").exists()


@pytest.mark.parametrize(
    "step", ["triage", "rehearse", "preflight", "bump", "verification", "rollout"]
)
def test_after_a_kill_in_any_step_the_rest_is_done(real: Standin, step: str) -> None:
    """A step may be over before it is seen from without: the command kills itself."""
    assert killed(real, "upgrade-steps.json", f'"under_way": "{step}"') == -signal.SIGKILL
    assert (record(real)["verdict"], under_way(real)) == (None, step)
    done = upgrade(real, "--yes", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert [one["outcome"] for one in record(real)["steps"]] == ["passed"] * 7
    assert (lock(real), record(real)["under_way"]) == ("2.0", "")
    assert_clean(real)


KILLED = """
import os, runpy, signal, sys
replace, (end, text) = os.replace, sys.argv[1:]
def killed(source, target, **options):
    if not str(target).endswith(end):
        return replace(source, target, **options)
    if not text:
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target, **options)
    if text in open(target).read():
        os.kill(os.getpid(), signal.SIGKILL)
os.replace = killed
sys.argv = ["runner", "upgrade", "--to", "2.0", "--yes"]
runpy.run_module("runner", run_name="__main__")
"""


def killed(app: Standin, end: str, text: str = "") -> int:
    """Upgrade, and kill it before a file appears, or once that has a text; give the exit code."""
    argv = [sys.executable, "-c", KILLED, end, text]
    return subprocess.run(argv, cwd=app.repository, env=with_index(app), check=False).returncode


def test_after_a_kill_before_the_bundle_appears_it_is_sealed_anew(real: Standin) -> None:
    """The last step is over too soon to be met from without."""
    output = real.repository / "analysis_outputs"
    assert (killed(real, ".tar.gz"), under_way(real)) == (-signal.SIGKILL, "bundle")
    assert len(list(output.glob(".*.part"))) == 1
    assert list(output.glob("*.tar.gz")) == []
    done = upgrade(real, "--yes", "--resume")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("done before") == 6
    (bundle,) = output.glob("*.tar.gz")
    assert runner("verify", str(bundle), cwd=real.repository).returncode == 0
    assert list(output.glob(".*.part")) == []
    assert_clean(real)


def test_half_a_way_back_is_finished_first(real: Standin) -> None:
    (real.repository / "GO").unlink()
    (real.repository / "HALF").touch()
    assert upgrade(real, "--yes", "--on-failure", "rollback").returncode == 1
    assert (record(real)["rolled_back"], lock(real)) == (False, "1.0")
    (real.repository / "HALF").unlink()
    done = upgrade(real, "--yes", "--resume")
    assert done.returncode == 1
    assert (record(real)["rolled_back"], lock(real)) == (True, "1.0")
    assert "rolled back" in done.stdout
    assert (real.repository / "BACK").exists()


def test_a_rehearsal_of_the_same_commit_counts_but_no_red_one(real: Standin) -> None:
    (real.repository / ".gitignore").write_text("analysis_outputs/\nGO\nBACK\n")
    real.git("commit", "--quiet", "--all", "--message", "ignore")
    done = runner("rehearse", "--to", "2.0", cwd=real.repository, env=real.env)
    assert done.returncode == 0, done.stdout
    assert upgrade(real, "--yes").returncode == 0
    told = {one["name"]: one["facts"] for one in record(real)["steps"]}
    assert told["rehearse"][0].endswith(", for this commit")


def test_an_index_that_is_not_there(real: Standin) -> None:
    env = {**real.env, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(real.repository / "none")}
    argv = ("upgrade", "--to", "2.0", "--yes", "--on-failure", "rollback")
    done = runner(*argv, cwd=real.repository, env=env)
    assert done.returncode == 3, done.stdout
    assert [one["name"] for one in record(real)["steps"]] == ["triage"]
    assert lock(real) == "1.0"


def test_nobody_to_be_asked(real: Standin) -> None:
    done = upgrade(real)
    assert done.returncode == 2
    assert "--yes" in done.stderr
    assert lock(real) == "1.0"


def test_wrong_usage_and_a_target_that_is_none(real: Standin) -> None:
    done = upgrade(real, "--resume")
    assert (done.returncode, "no upgrade to 2.0 to resume" in done.stderr) == (2, True)
    env = {**real.env, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": real.env["UV_FIND_LINKS"]}
    done = runner("upgrade", "--to", "9.0", "--yes", cwd=real.repository, env=env)
    assert done.returncode == 1
    assert "the index has no 9.0" in done.stdout
