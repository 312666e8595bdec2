"""``runner bump`` in a repository of git's: everything changes together, or nothing does."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
from support.command import environment, runner

PLAYBOOK = """\
# the release
release:
  package: mlflow
  version: 3.6.0   # pinned
  image: example/mlflow:v3.6.0
  image_template: "example/mlflow:v{version}"
  status: "two known"
  cves:
    - CVE-2026-1   # the first
    - CVE-2026-2
  release_notes: https://example.org/v3.6.0
owners: {dri: ML Lead}
pins:
  - {file: r.txt, requirement: mlflow}
  - {file: Dockerfile, docker_arg: V}
  - {file: SECURITY.md, table_row: MLflow, columns: {Version: "{version}", Status: "{status}"}}
  - {file: compose.yaml, yaml_path: services.mlflow.image, template: "example/mlflow:v{version}"}
stages: {verification: [{area: A, run: ["true"]}]}
"""
FILES = {
    "config/mlflow_release.yaml": PLAYBOOK,
    "r.txt": "mlflow[auth]==3.6.0 ; python_version > '3'  # why\r\nother==3.6.0\r\n",
    "Dockerfile": 'ARG V="3.6.0"',
    "SECURITY.md": "| Part | Version | Status |\n|--|--|--|\n| MLflow | 3.6.0 | two known |\n",
    "compose.yaml": "services:\n  mlflow:\n    image: 'example/mlflow:v3.6.0'\n",
}
BUMP = ("bump", "--version", "3.17.2", "--cve", "CVE-2026-1", "--status", "one known")
AFTER = {
    "config/mlflow_release.yaml": PLAYBOOK.replace("3.6.0", "3.17.2")
    .replace("two known", "one known")
    .replace("    - CVE-2026-2\n", ""),
    "r.txt": FILES["r.txt"].replace("mlflow[auth]==3.6.0", "mlflow[auth]==3.17.2"),
    "Dockerfile": 'ARG V="3.17.2"',
    "SECURITY.md": FILES["SECURITY.md"].replace("3.6.0 | two", "3.17.2 | one"),
    "compose.yaml": FILES["compose.yaml"].replace("3.6.0", "3.17.2"),
}


def git(repository: Path, *words: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "core.autocrlf=false")
    return subprocess.check_output(["git", *identity, *words], cwd=repository, text=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    (tmp_path / "Dockerfile").chmod(0o755)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "commit", "-qm", "start")
    return tmp_path


def state(repository: Path) -> dict[str, str]:
    """Give every file outside of git's folder, litter too."""
    found = [one for one in repository.rglob("*") if one.is_file() and ".git" not in one.parts]
    return {str(one.relative_to(repository)): one.read_bytes().decode() for one in found}


def test_everything_changes_together_and_twice_is_once(repository: Path) -> None:
    done = runner(*BUMP, cwd=repository)

    assert done.returncode == 0, done.stderr
    assert state(repository) == AFTER
    assert done.stdout.splitlines()[0] == "mlflow 3.6.0 → 3.17.2"
    assert (repository / "Dockerfile").stat().st_mode & 0o777 == 0o755
    assert runner("status", "--check", cwd=repository).returncode == 0
    again = runner(*BUMP, cwd=repository)
    assert (again.returncode, again.stdout) == (0, "mlflow is at 3.17.2: nothing to change\n")


def test_there_and_back_gives_the_original_bytes(repository: Path) -> None:
    runner(*BUMP, cwd=repository)
    refused = runner("bump", "--version", "3.6.0", cwd=repository)
    assert refused.returncode == 2
    assert "--allow-downgrade" in refused.stderr
    back = ("bump", "--version", "3.6.0", "--allow-downgrade", "--status", "two known")
    done = runner(*back, "--cve", "CVE-2026-1", "--cve", "CVE-2026-2", cwd=repository)
    assert done.returncode == 0, done.stderr
    assert state(repository) == FILES
    assert git(repository, "status", "--porcelain") == ""


def test_a_dry_run_shows_the_differences_and_a_check_says_no(repository: Path) -> None:
    dry = runner(*BUMP, "--dry-run", cwd=repository)
    assert dry.returncode == 0
    assert '-ARG V="3.6.0"\n+ARG V="3.17.2"\n' in dry.stdout
    assert "\x1b" not in dry.stdout
    assert "\x1b[32m" in runner(*BUMP, "--dry-run", "--color", cwd=repository).stdout
    assert runner(*BUMP, "--check", cwd=repository).returncode == 1
    assert state(repository) == FILES
    runner(*BUMP, cwd=repository)
    assert runner(*BUMP, "--check", cwd=repository).returncode == 0


def test_json_names_what_was_written(repository: Path) -> None:
    expected = {
        "format": "upgrade-runner/bump/1",
        "package": "mlflow",
        "from": "3.6.0",
        "to": "3.17.2",
        "changed": sorted(AFTER),
    }
    check = runner(*BUMP, "--check", "--json", cwd=repository)
    assert json.loads(check.stdout) == {**expected, "written": False}
    done = runner(*BUMP, "--json", cwd=repository)
    assert json.loads(done.stdout) == {**expected, "written": True}
    schema = json.loads(runner("schema", "bump", cwd=repository).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(json.loads(done.stdout))


def test_what_somebody_has_changed_is_not_overwritten(repository: Path) -> None:
    (repository / "r.txt").write_text("mlflow==3.6.0  # mine\n")
    before = state(repository)
    done = runner(*BUMP, cwd=repository)
    assert done.returncode == 2
    assert "changed, but not committed: r.txt" in done.stderr
    assert "git stash" in done.stderr
    assert state(repository) == before


def test_what_a_bump_has_written_may_be_bumped_again(repository: Path) -> None:
    assert runner(*BUMP, cwd=repository).returncode == 0
    done = runner("bump", "--image-tag", "x", "--cve", "none", cwd=repository)
    assert done.returncode == 0, done.stderr
    text = (repository / "config/mlflow_release.yaml").read_text()
    assert "\n  cves: []\n" in text
    assert "  image: example/mlflow:x\n" in text


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("Dockerfile", "ARG V=3.5.0\n", "Dockerfile:1: has '3.5.0', where the playbook says '3.6"),
        ("r.txt", "mlflow==3.6.0\nMLflow==3.6.0\n", "was found 2 times (lines 1, 2)"),
        ("r.txt", "other==1\n", "r.txt: requirement 'mlflow' was not found"),
        ("compose.yaml", "services: [", "compose.yaml:1: no YAML"),
    ],
)
def test_a_pin_that_is_not_as_declared_changes_nothing(
    repository: Path, path: str, text: str, said: str
) -> None:
    (repository / path).write_text(text)
    git(repository, "commit", "-qam", "drift")
    before = state(repository)
    done = runner(*BUMP, cwd=repository)
    assert done.returncode == 2
    assert said in done.stderr
    assert "hint: " in done.stderr
    assert state(repository) == before


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("{out}/r.txt", "leads out of the repository through a symbolic link"),
        ("real.txt", "r.txt: is a link, or leads out of the repository"),
    ],
)
def test_a_link_is_refused(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, target: str, said: str
) -> None:
    out = tmp_path_factory.mktemp("out")
    for file in (out / "r.txt", repository / "real.txt"):
        file.write_text("mlflow==3.6.0\n")
    (repository / "r.txt").unlink()
    (repository / "r.txt").symlink_to(target.format(out=out))
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "link")
    before = state(repository)
    done = runner(*BUMP, cwd=repository)
    assert done.returncode == 2
    assert said in done.stderr
    assert state(repository) == before


def test_two_bumps_at_once_are_refused(repository: Path) -> None:
    with (repository / ".git/upgrade-runner-bump.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = runner(*BUMP, cwd=repository)
    assert done.returncode == 2
    assert "another bump is at work in this repository" in done.stderr
    assert state(repository) == FILES


def test_files_that_git_cannot_judge_are_not_overwritten(repository: Path) -> None:
    (repository / ".git/index").write_text("no index")
    done = runner(*BUMP, cwd=repository)
    assert done.returncode == 2
    assert "git cannot tell the state of Dockerfile: " in done.stderr
    assert state(repository) == FILES


KILLED = """
import os, signal, sys
from runner.release import disk
count = 0
rename = disk.RealDisk.rename
def dying(self, source, target):
    global count
    count += 1
    if count == int(os.environ["DIE_AT"]):
        os.kill(os.getpid(), signal.SIGKILL)
    rename(self, source, target)
disk.RealDisk.rename = dying
from runner.cli import main
sys.argv[0] = "runner"
main()
"""


@pytest.mark.parametrize("at", range(1, 8))
@pytest.mark.parametrize("recover", [("--recover",), BUMP[1:]])
def test_a_killed_bump_is_brought_to_its_end(
    repository: Path, at: int, recover: tuple[str, ...]
) -> None:
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, *BUMP],
        cwd=repository,
        env=environment({"DIE_AT": str(at)}),
        check=False,
        timeout=60,
    )
    assert killed.returncode == -signal.SIGKILL
    done = runner("bump", *recover, cwd=repository)
    assert done.returncode == 0, done.stderr
    all_new = at > 2 or recover != ("--recover",)  # the second rename makes the record ready
    assert state(repository) == (AFTER if all_new else FILES)


def test_a_folder_that_is_none_of_gits_is_bumped_too(tmp_path: Path) -> None:
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(text.encode())
    done = runner(*BUMP, cwd=tmp_path, env={"GIT_CEILING_DIRECTORIES": str(tmp_path.parent)})
    assert done.returncode == 0, done.stderr
    assert {path: text for path, text in state(tmp_path).items() if path in AFTER} == AFTER


UV = """\
#!/bin/sh
# A stand-in for uv: what it prints last, and its exit code, come from the test.
while [ "$#" -gt 0 ]; do
  case "$1" in
    --directory) cd "$2" ;;
    -o) lock=$2 ;;
  esac
  shift
done
[ -n "$FAKE_ERROR" ] && { echo "$FAKE_ERROR" >&2; exit 1; }
printf '# by\\n#    %s\\n' "$UV_CUSTOM_COMPILE_COMMAND" >"$lock"
cat r.txt >>"$lock"
"""
LOCK = "# by\n#    uv pip compile r.txt -o lock.txt\nmlflow==3.6.0 --hash=sha256:00\n"


@pytest.fixture
def locked(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    (repository / "lock.txt").write_text(LOCK)
    book = repository / "config/mlflow_release.yaml"
    book.write_text(
        PLAYBOOK.replace("{file: r.txt,", "{file: r.txt, locks: [lock.txt],").replace(
            "pins:\n", "pins:\n  - {file: lock.txt, requirement: mlflow}\n"
        )
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "lock")
    uv = tmp_path_factory.mktemp("bin") / "uv"
    uv.write_text(UV)
    uv.chmod(0o755)
    return uv.parent


def _path(folder: Path) -> dict[str, str]:
    return {"PATH": f"{folder}:{environment()['PATH']}"}


def test_a_lock_is_made_anew_by_its_own_command(repository: Path, locked: Path) -> None:
    done = runner(*BUMP, cwd=repository, env=_path(locked))
    assert done.returncode == 0, done.stderr
    head = LOCK[: LOCK.index("mlflow")]
    assert (repository / "lock.txt").read_bytes().decode() == head + AFTER["r.txt"]


def test_a_lock_that_cannot_be_solved_changes_nothing(repository: Path, locked: Path) -> None:
    before = state(repository)
    env = {**_path(locked), "FAKE_ERROR": "there is no version"}
    done = runner(*BUMP, cwd=repository, env=env)
    assert done.returncode == 2
    assert "lock.txt: cannot be solved: there is no version" in done.stderr
    assert state(repository) == before


def test_a_lock_without_a_command_is_told(repository: Path, locked: Path) -> None:
    (repository / "lock.txt").write_text("mlflow==3.6.0\n")
    git(repository, "commit", "-qam", "no header")
    done = runner(*BUMP, cwd=repository, env=_path(locked))
    assert done.returncode == 2
    assert "lock.txt: does not say by which command it was made" in done.stderr
