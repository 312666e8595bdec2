"""The kind ``image`` on podman, with a store of the test's own and an image of a few files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.systems import PLATFORM, missing
from unit.kinds.fakes import ProcessContext, action_of

from runner.kinds.image import IMAGE
from runner.model import StepReport

REFERENCE = "localhost/tiny:1.2"
STORE = """\
[storage]
driver = "vfs"
graphroot = "{0}/graph"
runroot = "{0}/run"
"""
# What a machine lets that is a container itself: its cgroups are another's, its limits are given.
RULES = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
"""


@pytest.fixture(scope="module")
def podman(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Give the environment in which podman knows one image."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip(f"{PLATFORM}a store of its own is for root on Linux")
    if shutil.which("podman") is None or shutil.which("runc") is None:
        missing("podman is not installed (Debian: apt-get install podman runc)")
    folder = tmp_path_factory.mktemp("podman")
    (folder / "storage.conf").write_text(STORE.format(folder))
    (folder / "containers.conf").write_text(RULES)
    env = {
        "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
        "CONTAINERS_CONF": str(folder / "containers.conf"),
    }
    run("tar", "-C", root_folder(folder / "root"), "-cf", folder / "image.tar", ".")
    changes = ("--change", "LABEL org.opencontainers.image.version=1.2", "--change", "USER 1000")
    run("podman", "import", "--quiet", *changes, folder / "image.tar", REFERENCE, env=env)
    yield env
    run("podman", "image", "rm", "--all", "--force", env=env)


def root_folder(folder: Path) -> Path:
    """Put this machine's shell and its libraries into a folder."""
    shell = Path("/bin/sh")
    libraries = re.findall(r"(/\S+) \(0x", run("ldd", shell))
    for path in (shell, *map(Path, libraries)):
        target = folder / path.relative_to("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    (folder / "tmp").mkdir()
    return folder


def run(*words: str | Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(word) for word in words],
        env={**os.environ, **(env or {})},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def look(
    podman: dict[str, str], folder: Path, expectation: str, more: str = "", name: str = REFERENCE
) -> StepReport:
    parameters = f"{{engine: podman, reference: '{name}'{more}}}"
    return action_of(IMAGE, parameters, expectation).run(ProcessContext(folder, env=podman))


def test_what_is_as_expected(podman: dict[str, str], tmp_path: Path) -> None:
    labels = "labels: {org.opencontainers.image.version: {equals: '1.2'}}"
    script = ", run: [sh, -c, 'echo version 1.2; echo >/tmp/a; ! echo >/a']"
    report = look(
        podman, tmp_path, f"{{version: '1.2', user: '1000', root: false, {labels}}}", script
    )
    assert (report.outcome, report.reason) == ("passed", "")
    assert {one.what for one in report.assertions} >= {"version", "user", "exit code"}
    assert run("podman", "ps", "--all", "--quiet", env=podman) == ""


def test_another_version_and_an_image_that_is_not_there(
    podman: dict[str, str], tmp_path: Path
) -> None:
    wrong = look(podman, tmp_path, "{version: '1.3'}", ", run: [sh, -c, 'echo version 1.2']")
    assert wrong.outcome == "failed"
    assert "version" in wrong.reason
    gone = look(podman, tmp_path, "{root: false}", name="localhost/tiny:9")
    assert gone.outcome == "failed"
    assert gone.hint == "build it, or fetch it: podman pull localhost/tiny:9"
    cannot = look(podman, tmp_path, "{version: '1.2'}", ", run: [mlflow, --version]")
    assert cannot.outcome == "errored"
    assert "mlflow cannot be run in the image" in cannot.reason
