"""Rehearsals of the stand-in: begun, carried out, and what is seen of them afterwards."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from runner.model.rehearsed import Rehearsed
from support.command import runner
from support.processes import alive
from support.standin import Standin

NAPS = [
    ("migrate", "migrate-migrate/logs/migrate.1.log"),
    ("restore", "rollback-restore/logs/spoil.1.log"),
]
NAPS += [
    ("serve-1", "before-measure/logs/service.web.log"),
    ("serve-2", "after-verification/logs/service.web.log"),
]


def begun(app: Standin, nap: str, sign: str) -> subprocess.Popen[str]:
    """Start a rehearsal whose application sleeps at some point, and wait until it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "runner", "rehearse", "--to", "2.0"],
        cwd=app.repository,
        env={**app.env, "STANDIN_NAP": nap},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    while not (app.live() / sign).exists():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.02)
    return process


def rehearse(
    app: Standin, *words: str, **variables: str
) -> tuple[subprocess.CompletedProcess[str], Rehearsed]:
    """Rehearse the step to 2.0, and give what the dossier says of it."""
    argv = words or ("--to", "2.0")
    done = runner("rehearse", *argv, cwd=app.repository, env={**app.env, **variables})
    assert (app.live() / "rehearsal.json").exists(), done.stdout + done.stderr
    return done, record(app)


def record(app: Standin) -> Rehearsed:
    content = (app.live() / "rehearsal.json").read_bytes()
    return msgspec.json.decode(content, type=Rehearsed)


def outcomes(found: Rehearsed) -> dict[str, str]:
    return {one.name: one.outcome.value for one in found.parts}


def everything(app: Standin) -> dict[str, str]:
    """Hash every file of the repository, git's own, and every row, but no evidence."""
    files = {
        str(path.relative_to(app.repository)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(app.repository.rglob("*"))
        if path.is_file() and "analysis_outputs" not in path.parts
    }
    return {**files, **app.rows()}


def assert_clean(app: Standin) -> None:
    """See that no scratch, worktree, process, database and entry in the ledger is left."""
    assert app.scratch_databases() == set()
    assert list(Path(app.env["TMPDIR"]).iterdir()) == []
    assert app.git("worktree", "list").count("\n") == 1
    assert alive(str(app.repository.parent)) == []
    assert list(Path(app.env["XDG_CACHE_HOME"]).glob("upgrade-runner/rehearsals/*")) == []
