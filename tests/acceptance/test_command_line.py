"""The command line as a user meets it: exit codes, messages, signals, resuming."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from support.command import environment, runner
from support.processes import NAP, alive

HEAD = "release: {package: mlflow, version: 3.6.0}\n"
GREEN = "stages:\n  verification:\n    - {area: Green, run: [echo, hi]}\n"
RED = GREEN + "    - {area: Red, run: [sh, -c, 'echo because; exit 4']}\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path


def write(repo: Path, text: str) -> None:
    (repo / "config" / "mlflow_release.yaml").write_text(HEAD + text)


def record(repo: Path, stage: str = "verification") -> dict[str, Any]:
    path = repo / f"analysis_outputs/live/{stage}/run.json"
    run: dict[str, Any] = json.loads(path.read_text())
    return run


def test_version_and_help(repo: Path) -> None:
    assert runner("--version", cwd=repo).stdout.startswith("runner, version ")
    text = runner("--help", cwd=repo).stdout
    for command in ("lint", "plan", "run", "schema", "validate"):
        assert command in text
        assert "Usage: " in runner(command, "--help", cwd=repo).stdout


def test_an_unknown_command_is_wrong_usage(repo: Path) -> None:
    done = runner("validat", cwd=repo)
    assert done.returncode == 2
    assert "No such command 'validat'" in done.stderr


ELSEWHERE = """
import os, runpy, sys
os.name, sys.platform, sys.argv = "nt", "win32", ["runner", *sys.argv[1:]]
for name in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[name] = None
runpy.run_module("runner", run_name="__main__")
"""
"""Windows, as far as it can be told here: what only POSIX has cannot be imported."""


@pytest.mark.parametrize("args", [("validate",), ("--version",)])
def test_elsewhere_than_on_linux_and_macos(repo: Path, args: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ELSEWHERE, *args],
        cwd=repo, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "runner: runs on Linux and macOS, not on win32\n"
        "  hint: use it in a Linux container, or in WSL\n"
    )


def test_green(repo: Path) -> None:
    write(repo, GREEN)
    done = runner("validate", cwd=repo)
    assert done.returncode == 0
    assert "PASSED mlflow 3.6.0 verification: 1 passed" in done.stdout
    assert (repo / "analysis_outputs/live/verification/junit.xml").exists()


def test_red_says_why_and_how_to_rerun(repo: Path) -> None:
    write(repo, RED)
    done = runner("validate", cwd=repo)
    assert done.returncode == 1
    assert "exit code 4" in done.stdout
    assert "because" in done.stdout
    assert "runner validate --only red" in done.stdout
    assert "logs/red.1.log" in done.stdout


def test_the_rerun_command_repeats_the_options(repo: Path) -> None:
    write(repo, RED + "vars: {x: '1'}\nprofiles: {p: {vars: {x: '2'}}}\n")
    book = "config/mlflow_release.yaml"
    done = runner(
        *("validate", "-p", book, "--profile", "p", "--set", "vars.x=a b", "-o", "out"),
        *("--base", "origin/main"),
        cwd=repo,
    )
    command = (
        "runner validate --playbook config/mlflow_release.yaml --profile p "
        "--set 'vars.x=a b' --base origin/main --output out --only red"
    )
    assert command in done.stdout.replace("\n", " ").replace("  ", " ")


def test_the_rerun_command_holds_no_secret(repo: Path) -> None:
    write(repo, RED + "vars: {x: '1'}\n")
    given = ("--set", "vars.x=hunter2-and-more")
    done = runner("validate", *given, cwd=repo, env={"MY_TOKEN": "hunter2-and-more"})
    assert done.returncode == 1
    assert "--set 'vars.x=[redacted MY_TOKEN]'" in done.stdout.replace("\n", " ")
    assert "hunter2" not in done.stdout + done.stderr


def test_another_stage(repo: Path) -> None:
    write(
        repo, "stages:\n  preflight:\n    - {area: Red, run: [false]}\n".replace("false", "'false'")
    )
    done = runner("run", "preflight", cwd=repo)
    assert done.returncode == 1
    assert "runner run preflight --only red" in done.stdout
    first = record(repo, "preflight")
    assert first["stage"] == "preflight"
    other = ("--set", "release.version=99.0.1")
    done = runner("run", "preflight", *other, cwd=repo)
    assert done.returncode == 2
    assert "the preflight of 99.0.1 begins another one" in done.stderr
    assert record(repo, "preflight") == first
    assert runner("run", "preflight", *other, "--output", "other", cwd=repo).returncode == 1


def test_an_unknown_stage(repo: Path) -> None:
    write(repo, GREEN)
    done = runner("run", "verificaton", cwd=repo)
    assert done.returncode == 2
    assert "did you mean 'verification'?" in done.stderr
    assert not (repo / "analysis_outputs").exists()


def test_only_that_selects_nothing(repo: Path) -> None:
    write(repo, GREEN)
    done = runner("validate", "--only", "gren", cwd=repo)
    assert done.returncode == 2
    assert "did you mean 'green'?" in done.stderr


@pytest.mark.parametrize("pattern", ["red", "Red", "r*"])
def test_only_by_id_area_and_glob(repo: Path, pattern: str) -> None:
    write(repo, RED)
    done = runner("validate", "--only", pattern, cwd=repo)
    assert done.returncode == 1
    assert [one["check"] for one in record(repo)["results"]] == ["red"]


def test_options_by_environment(repo: Path) -> None:
    write(repo, RED)
    done = runner("validate", cwd=repo, env={"RUNNER_ONLY": "green", "RUNNER_OUTPUT": "other"})
    assert done.returncode == 0
    assert (repo / "other/live/verification/run.json").exists()


def test_no_playbook(repo: Path) -> None:
    done = runner("validate", cwd=repo)
    assert done.returncode == 2
    assert "-p" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_invalid_playbook_writes_nothing(repo: Path) -> None:
    write(repo, "stages: {verification: [{area: A, rnu: [x], needs: [b]}]}\nx: 1\n")
    done = runner("validate", cwd=repo)
    assert done.returncode == 2
    assert "config/mlflow_release.yaml:2:" in done.stderr
    assert "did you mean 'run'?" in done.stderr
    assert done.stderr.splitlines()[-2].startswith("config/mlflow_release.yaml:3:1: x: ")
    assert done.stderr.splitlines()[-1] == "runner: 4 problems, nothing was run"
    assert not (repo / "analysis_outputs").exists()


def test_lint(repo: Path) -> None:
    write(repo, GREEN)
    assert runner("lint", cwd=repo).stdout == "1 playbook valid\n"
    write(repo, GREEN + "x: 1\ny: 2\n")
    done = runner("lint", "config/mlflow_release.yaml", cwd=repo)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 2
    done = runner("lint", "--format", "json", cwd=repo)
    assert done.returncode == 2
    problems = json.loads(done.stdout)
    assert [(one["line"], one["key"]) for one in problems] == [(5, "x"), (6, "y")]
    assert set(problems[0]) == {"file", "line", "column", "key", "message", "hint"}
    assert runner("lint", "--json", cwd=repo).stdout == done.stdout


def test_lint_of_the_playbook_that_other_commands_take(repo: Path) -> None:
    write(repo, GREEN + "x: 1\n")
    (repo / "other.yaml").write_text(HEAD + GREEN + "y: 1\n")
    assert "other.yaml:5:1: y: " in runner("lint", "-p", "other.yaml", cwd=repo).stderr
    done = runner(
        "lint", "config/mlflow_release.yaml", cwd=repo, env={"RUNNER_PLAYBOOK": "other.yaml"}
    )
    assert [line.partition(":")[0] for line in done.stderr.splitlines()] == [
        "other.yaml",
        "config/mlflow_release.yaml",
    ]


def test_lint_of_a_file_that_is_not_there(repo: Path) -> None:
    """It is one problem among those of the others."""
    write(repo, GREEN + "x: 1\n")
    files = ("config/mlflow_release.yaml", "gone.yaml", "config")
    done = runner("lint", *files, cwd=repo)
    assert done.returncode == 2
    assert [line.partition(" (")[0] for line in done.stderr.splitlines()] == [
        "config/mlflow_release.yaml:5:1: x: unknown key",
        "gone.yaml:1:1: file: No such file or directory",
        "config:1:1: file: is not a file",
    ]
    done = runner("lint", "--format", "json", *files, cwd=repo)
    assert done.returncode == 2
    assert [one["file"] for one in json.loads(done.stdout)] == list(files)


@pytest.mark.parametrize("what", ["playbook", "definition", "run"])
def test_the_schemas_are_schemas(repo: Path, what: str) -> None:
    schema = json.loads(runner("schema", what, cwd=repo).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)


def test_run_json_fits_its_schema(repo: Path) -> None:
    write(repo, RED)
    runner("validate", cwd=repo)
    schema = json.loads(runner("schema", "run", cwd=repo).stdout)
    jsonschema.Draft202012Validator(schema).validate(record(repo))


def test_plan_runs_nothing(repo: Path) -> None:
    write(repo, "stages: {verification: [{area: A, run: [touch, 'made it']}]}\n")
    for words in (("plan",), ("plan", "verification"), ("validate", "--dry-run")):
        done = runner(*words, cwd=repo)
        assert done.returncode == 0
        assert "command: touch 'made it'" in done.stdout
    plan = json.loads(runner("plan", "--json", cwd=repo).stdout)
    assert plan["checks"][0]["steps"][0]["does"] == ["touch 'made it'"]
    assert not (repo / "made it").exists()
    assert not (repo / "analysis_outputs").exists()


def test_json_is_the_run(repo: Path) -> None:
    write(repo, RED)
    done = runner("validate", "--json", cwd=repo)
    assert done.returncode == 1
    assert json.loads(done.stdout) == record(repo)
    assert "FAILED" in done.stderr


def test_quiet_and_verbose(repo: Path) -> None:
    write(repo, GREEN)
    assert len(runner("validate", "-q", cwd=repo).stdout.splitlines()) == 1
    assert "hi" in runner("validate", "-v", cwd=repo).stdout


def test_extended_junit(repo: Path) -> None:
    write(repo, GREEN)
    runner("validate", "--junit-dialect", "extended", cwd=repo)
    assert "<property" in (repo / "analysis_outputs/live/verification/junit.xml").read_text()


def test_an_output_that_cannot_be_written(repo: Path) -> None:
    write(repo, GREEN)
    (repo / "analysis_outputs").mkdir()
    (repo / "analysis_outputs/live").write_text("in the way")
    done = runner("validate", cwd=repo)
    assert done.returncode == 3
    assert "cannot write into" in done.stderr
    assert "hint:" in done.stderr


def test_a_damaged_journal_is_told_and_kept(repo: Path) -> None:
    write(repo, GREEN)
    runner("validate", cwd=repo)
    journal = repo / "analysis_outputs/live/journal.jsonl"
    journal.write_bytes(journal.read_bytes().replace(b"run_started", b"run_stopped"))
    before = journal.read_bytes()
    run = record(repo)
    done = runner("validate", cwd=repo)
    assert done.returncode == 3
    assert "journal.jsonl:2" in done.stderr
    assert journal.read_bytes() == before
    assert record(repo) == run


def test_a_full_disk_is_told_and_earlier_evidence_kept(repo: Path) -> None:
    """A limit on the size of files does to a log what a full disk does."""
    write(repo, GREEN)
    runner("validate", cwd=repo)
    first = record(repo)["id"]
    write(repo, "stages:\n  verification:\n    - {area: Flood, run: [cat, /dev/zero]}\n")
    done = subprocess.run(
        [sys.executable, "-m", "runner", "validate"],
        cwd=repo,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20)),
    )
    assert done.returncode == 3, done.stdout + done.stderr
    assert "cannot write verification/logs/flood.1.log" in done.stderr
    assert "Traceback" not in done.stderr
    assert alive("cat /dev/zero") == []
    earlier = list((repo / "analysis_outputs/live/earlier").glob("*/run.json"))
    assert [json.loads(path.read_text())["id"] for path in earlier] == [first]


def test_a_failure_counts_where_the_caller_ignores_the_end_of_children(repo: Path) -> None:
    """Some daemons start what they run so; the exit codes of its children would be lost."""
    write(repo, "stages:\n  verification:\n    - {area: Broken, run: ['false']}\n")
    done = subprocess.run(
        [sys.executable, "-m", "runner", "validate"],
        cwd=repo,
        env=environment(),
        capture_output=True,
        timeout=120,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGCHLD, signal.SIG_IGN),
    )
    assert done.returncode == 1
    assert record(repo)["results"][0]["outcome"] == "failed"


def start(repo: Path) -> subprocess.Popen[bytes]:
    """Run the playbook until its check called Slow has begun."""
    child = subprocess.Popen(
        [sys.executable, "-m", "runner", "validate"],
        cwd=repo,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while not (repo / "begun").exists():
        assert child.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return child


SLOW = """stages:
  verification:
    - {area: First, run: echo x >>first}
    - area: Slow
      steps:
        - run: touch begun; test -e mended || NAP
        - {run: touch cleaned, always: true}
    - {area: Last, run: touch last}
""".replace("NAP", NAP)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_leaves_every_report(repo: Path, number: signal.Signals, code: int) -> None:
    write(repo, SLOW)
    child = start(repo)
    child.send_signal(number)
    assert child.wait(60) == code
    run = record(repo)
    assert run["interrupted"] == number.name
    assert [one["outcome"] for one in run["results"]] == ["passed", "errored", "skipped"]
    assert (repo / "cleaned").exists()
    assert (repo / "analysis_outputs/live/verification/junit.xml").exists()
    assert alive(NAP) == []


def test_kill_leaves_a_readable_dossier_and_resume_finishes_it(repo: Path) -> None:
    write(repo, SLOW)
    child = start(repo)
    child.kill()
    child.wait()
    run = record(repo)
    assert run["interrupted"] == "killed"
    assert run["verdict"] == "errored"
    (repo / "mended").touch()
    done = runner("validate", "--resume", cwd=repo)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (repo / "first").read_text() == "x\n"
    results = record(repo)["results"]
    assert [one["resumed"] for one in results] == [True, False, False]
    assert [one["number"] for one in results[1]["attempts"]] == [2]
    assert alive(NAP) == []
    assert NAP in done.stdout


def test_kill_with_a_service_leaves_no_port_held(repo: Path) -> None:
    """The service of a killed run is ended by the next one, which needs its port."""
    script = (
        "import socket as s,time;l=s.socket();l.bind(('127.0.0.1',0));"
        "l.listen();print('up',flush=True);time.sleep(99)"
    )
    (repo / "serve.py").write_text(script)
    services = 'services:\n  web:\n    run: [python, serve.py]\n    ready: {log: "^up"}\n'
    stages = SLOW.replace("    - area: Slow\n", "    - area: Slow\n      services: [web]\n")
    write(repo, services + stages)
    child = start(repo)
    child.kill()
    child.wait()
    assert len(alive("python serve.py")) == 1
    (repo / "mended").touch()
    done = runner("validate", "--resume", cwd=repo)
    assert done.returncode == 0, done.stdout + done.stderr
    assert alive("python serve.py") == []


def test_two_at_once(repo: Path) -> None:
    write(repo, SLOW)
    child = start(repo)
    done = runner("validate", cwd=repo)
    assert done.returncode == 3
    assert f"pid {child.pid}" in done.stderr
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 130


def test_secrets_stay_out_of_everything(repo: Path) -> None:
    write(
        repo,
        "stages:\n  verification:\n    - {area: A, run: 'echo $TOKEN; exit 1', secrets: [TOKEN]}\n",
    )
    done = runner("validate", "-v", "--json", cwd=repo, env={"TOKEN": "hunter22hunter"})
    assert done.returncode == 1
    assert "hunter22" not in done.stdout + done.stderr
    for path in (repo / "analysis_outputs").rglob("*"):
        if path.is_file():
            assert b"hunter22" not in path.read_bytes(), path
    done = runner("validate", cwd=repo)
    assert done.returncode == 2
    assert "TOKEN" in done.stderr


def test_a_bug_is_no_failed_check(repo: Path) -> None:
    write(repo, GREEN)
    code = (
        "import runner.cli.run as r, runner.cli as c\n"
        "def boom(*a, **k): raise ValueError('boom')\n"
        "r.execute = boom\nc.main(['validate'])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repo,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "this is a bug in runner" in done.stderr


@pytest.mark.parametrize(
    ("words", "heavy"),
    [
        ("--version", "rich yaml urllib3 jsonpath psutil msgspec xml"),
        ("validate", "rich urllib3 jsonpath psutil xml"),
    ],
)
def test_heavy_imports_only_where_used(repo: Path, words: str, heavy: str) -> None:
    write(repo, GREEN)
    code = (
        "import sys, runner.cli as c\n"
        f"try: c.main(['{words}'])\n"
        "except SystemExit: pass\n"
        f"print(sorted(set(sys.modules) & set('{heavy}'.split())))"
    )
    plain = {n: v for n, v in environment().items() if not n.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=repo,
        env=plain,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_shell_completion(repo: Path) -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "runner"],
        cwd=repo,
        env={**os.environ, "_RUNNER_COMPLETE": "bash_source"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "complete -o nosort -F _runner_completion runner" in done.stdout
