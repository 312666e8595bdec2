"""Example playbooks, each run as a user runs it, with what must come out beside it.

Every folder with an ``expected.yaml`` is found automatically. It may say: ``args`` (more
arguments), ``also`` (files from the folder above), ``hold_port`` (somebody else listens on
``vars.port``), ``first`` (commands run before, of the runner or of git), ``command`` (what is run
in place of ``validate``), ``evidence`` (whether a run is recorded, where the exit code does not
tell), ``exit_code``, ``results`` (check to outcome,
reason as a regular expression, flaky, attempts), regular expressions that ``stdout``, ``stderr``
and the ``log`` of a check must contain, ``gone`` (advisory to the reason that
``safety-diff.json`` gives), ``git`` (the folder is a repository, ``clean`` or ``dirty``), and
``verify``: arguments with which the sealed bundle holds, but its verdict is not accepted, with an
``objection`` as a regular expression. ``COMMIT`` stands for the repository's.
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.command import runner

HERE = Path(__file__).parent
CASES = sorted(path.parent for path in HERE.rglob("expected.yaml"))


@pytest.mark.parametrize("case", CASES, ids=[str(case.relative_to(HERE)) for case in CASES])
def test_case(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / case.name
    shutil.copytree(case, folder)
    expected = yaml.safe_load((case / "expected.yaml").read_text())
    for name in expected.get("also", ()):
        shutil.copy(case.parent / name, folder)
    if "git" in expected:
        _commit(folder, dirty=expected["git"] == "dirty")
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        if expected.get("hold_port"):
            held.listen()
        else:
            held.close()
        ports = (
            ("--set", f"vars.port={port}")
            if "vars.port" in (case / "playbook.yaml").read_text()
            else ()
        )
        for command in expected.get("first", ()):
            _before(command, folder)
        validate = ("validate", "-p", "playbook.yaml", *ports, *expected.get("args", ()))
        done = runner(*expected.get("command", validate), cwd=folder)
    assert done.returncode == expected["exit_code"], done.stdout + done.stderr
    for stream in ("stdout", "stderr"):
        for pattern in expected.get(stream, ()):
            assert re.search(pattern, getattr(done, stream)), getattr(done, stream)
    _hold(folder, expected)


def _hold(folder: Path, expected: dict[str, Any]) -> None:
    """Hold the evidence against what is expected of it."""
    evidence = folder / "analysis_outputs/live/verification/run.json"
    assert evidence.exists() is expected.get("evidence", expected["exit_code"] != 2)
    results = {one["check"]: one for one in _results(evidence)}
    for check, wanted in expected.get("results", {}).items():
        _compare(results[check], wanted)
    live = folder / "analysis_outputs/live"
    for check, patterns in expected.get("log", {}).items():
        log = (live / "verification/logs" / f"{check}.1.log").read_text()
        assert all(re.search(pattern, log) for pattern in patterns), log
    if "gone" in expected:
        gone = json.loads((live / "safety-diff.json").read_text())["gone"]
        assert {one["vulnerability"]["id"]: one["reason"] for one in gone} == expected["gone"]
    if "verify" in expected:
        _verify(folder, **expected["verify"])


def _git(folder: Path, *words: str) -> str:
    who = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def _commit(folder: Path, *, dirty: bool) -> None:
    _git(folder, "init", "--quiet")
    _git(folder, "add", ".")
    _git(folder, "commit", "--quiet", "--message", "All")
    if dirty:
        text = (folder / "playbook.yaml").read_text()
        (folder / "playbook.yaml").write_text(f"{text}# not committed\n")


def _verify(folder: Path, args: list[str], objection: str, accepted: list[str]) -> None:
    """Verify the bundle, which holds: its verdict is accepted only with the right arguments."""
    sealed = runner("bundle", "--json", cwd=folder)
    assert sealed.returncode == 0, sealed.stderr
    bundle = json.loads(sealed.stdout)["bundle"]
    head = _git(folder, "rev-parse", "HEAD")
    for words, good in ((args, False), (accepted, bool(accepted) or None)):
        given = [head if one == "COMMIT" else one for one in words]
        done = runner("verify", bundle, "--json", *given, cwd=folder)
        told = json.loads(done.stdout)
        assert (told["holds"], told["accepted"], told["problems"]) == (True, good, [])
        assert done.returncode == (1 if good is False else 0)
        assert good is not False or re.search(objection, "\n".join(told["objections"])), told


def _before(command: list[str], folder: Path) -> None:
    if command[0] == "git":
        identity = ("-c", "user.name=T", "-c", "user.email=t@example.org")
        subprocess.run(["git", *identity, *command[1:]], cwd=folder, check=True)
        return
    done = runner(*command, "-p", "playbook.yaml", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr


def _results(evidence: Path) -> list[dict[str, Any]]:
    if not evidence.exists():
        return []
    results: list[dict[str, Any]] = json.loads(evidence.read_text())["results"]
    return results


def _compare(result: dict[str, Any], wanted: dict[str, Any]) -> None:
    assert result["outcome"] == wanted["outcome"], result
    assert re.search(wanted.get("reason", ""), result["reason"]), result["reason"]
    assert result["flaky"] is wanted.get("flaky", False)
    if "attempts" in wanted:
        assert [attempt["outcome"] for attempt in result["attempts"]] == wanted["attempts"]
