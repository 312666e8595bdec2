"""The action that installs the runner: by uv, by the pip that is there, or by one of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from support.command import environment

ROOT = Path(__file__).resolve().parents[2]
INSTALL = ROOT / ".github/actions/setup/install"
STUB = """\
#!/bin/sh
echo "$(basename "$0") $*" >>"{log}"
case "$*" in
  "-m pip --version") exit {pip} ;;
  "-m venv "*|"venv "*)
    for folder; do :; done
    mkdir -p "$folder/bin"
    for name in python runner; do cp "$0" "$folder/bin/$name"; done ;;
esac
"""


def install(temp: Path, path: str) -> subprocess.CompletedProcess[str]:
    env = environment({"PATH": path, "RUNNER_TEMP": str(temp), "GITHUB_PATH": str(temp / "path")})
    temp.mkdir(exist_ok=True)
    return subprocess.run(
        [shutil.which("bash") or "bash", INSTALL],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )


@pytest.mark.parametrize(
    ("programs", "pip", "made", "installs"),
    [
        (("uv", "python3"), 0, "uv venv --quiet --clear --python python3", "uv pip install"),
        (
            ("python3",),
            0,
            "python3 -m venv --clear --without-pip",
            "python3 -m pip --python VENV/bin/python install",
        ),
        (("python3",), 1, "python3 -m venv --clear", "python -m pip install"),
    ],
    ids=["uv", "the pip that is there", "no pip"],
)
def test_it_takes_what_is_there(
    tmp_path: Path, programs: tuple[str, ...], pip: int, made: str, installs: str
) -> None:
    log, folder, temp = tmp_path / "log", tmp_path / "bin", tmp_path / "temp"
    folder.mkdir()
    for name in ("basename", "cp", "dirname", "env", "ln", "mkdir", "sh", "touch"):
        (folder / name).symlink_to(shutil.which(name) or "")
    for name in programs:
        (folder / name).write_text(STUB.format(log=log, pip=pip))
        (folder / name).chmod(0o755)

    done = install(temp, str(folder))

    assert done.returncode == 0, done.stderr
    told = log.read_text().replace(str(temp / "upgrade-runner"), "VENV").splitlines()
    assert any(one == f"{made} VENV" for one in told), told
    lock, own = (one for one in told if one.startswith(installs))
    assert "--no-deps --require-hashes --only-binary :all: --requirement" in lock
    assert own.endswith(f"--no-deps --no-build-isolation {ROOT}")
    assert (temp / "path").read_text() == f"{temp}/upgrade-runner/path\n"
    before = len(told)
    assert install(temp, str(folder)).returncode == 0
    again = log.read_text().splitlines()[before:]
    assert again == ["runner --version"], "once in a job is enough"


def test_an_old_python_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("dirname", "env", "sh"):
        (folder / name).symlink_to(shutil.which(name) or "")
    (folder / "python3").write_text("#!/bin/sh\nexit 1\n")
    (folder / "python3").chmod(0o755)
    done = install(tmp_path / "temp", str(folder))
    assert done.returncode == 2
    assert "::error title=runner::Python 3.11 or newer is needed" in done.stdout


def test_pip_installs_a_runner_that_runs(tmp_path: Path) -> None:
    path = os.pathsep.join(
        one for one in os.environ["PATH"].split(os.pathsep) if not (Path(one) / "uv").exists()
    )
    done = install(tmp_path / "temp", path)
    assert done.returncode == 0, done.stderr
    venv = tmp_path / "temp/upgrade-runner"
    words = (venv / "path/runner", "schema", "fleet")
    ran = subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
