"""Both ways to start a process: what it is given, and what is kept from it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from runner.engine import spawn

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="platform: started by `subprocess`")


@pytest.fixture(autouse=True, params=["here", "elsewhere"])
def home(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where processes begin: in the runner's own folder, or in another."""
    if request.param == "here":
        monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    """Look at the descriptors as a run does that has just begun."""
    spawn._keeps_descriptors.cache_clear()
    yield
    spawn._keeps_descriptors.cache_clear()


def said(home: Path, *argv: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Run a process; give its exit code and what it printed."""
    reader, writer = os.pipe()
    try:
        given = dict(os.environ) if env is None else env
        child = spawn.start(argv, home, given, writer, writer)
    except BaseException:
        os.close(reader)
        raise
    finally:
        os.close(writer)
    with os.fdopen(reader, encoding="utf-8") as stream:
        printed = stream.read()
    return child.wait(), printed


def program(path: Path, text: str, mode: int = 0o755) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def test_both_outputs_and_the_exit_code_arrive(home: Path) -> None:
    assert said(home, "sh", "-c", "echo out; echo err >&2; exit 9") == (9, "out\nerr\n")


def test_a_signal_is_a_code_below_zero(home: Path) -> None:
    assert said(home, "sh", "-c", "kill -KILL $$") == (-9, "")


def test_it_begins_in_its_folder_without_input_and_in_a_session_of_its_own(home: Path) -> None:
    script = (
        "import os, sys; print(os.getcwd(), repr(sys.stdin.read()), os.getsid(0) == os.getpid())"
    )
    assert said(home, sys.executable, "-c", script) == (0, f"{home} '' True\n")


def test_its_end_can_be_asked_for_again(home: Path) -> None:
    writer = os.open(os.devnull, os.O_WRONLY)
    child = spawn.start(("sleep", "600"), home, dict(os.environ), writer, writer)
    assert (child.poll(), child.returncode) == (None, None)
    os.kill(child.pid, 15)
    assert child.wait() == -15
    assert [child.poll(), child.returncode, child.wait()] == [-15, -15, -15]
    os.close(writer)


def test_signals_that_python_ignores_are_not_ignored(home: Path) -> None:
    assert said(home, "sh", "-c", "kill -PIPE $$; echo ignored") == (-13, "")


def test_its_environment_is_what_it_was_given(home: Path) -> None:
    assert said(home, "/usr/bin/env", env={"A": "1", "B": "ü"}) == (0, "A=1\nB=ü\n")


def test_a_program_is_looked_up_on_its_own_path(home: Path) -> None:
    program(home / "tools" / "greet", "#!/bin/sh\necho hello\n")
    env = {"PATH": f"{home / 'nowhere'}:{home / 'tools'}"}
    assert said(home, "greet", env=env) == (0, "hello\n")


def test_a_program_that_cannot_run_does_not_hide_one_that_can(home: Path) -> None:
    program(home / "first" / "greet", "no program", mode=0o644)
    program(home / "second" / "greet", "#!/bin/sh\necho hello\n")
    env = {"PATH": f"{home / 'first'}:{home / 'second'}"}
    assert said(home, "greet", env=env) == (0, "hello\n")


def test_a_program_that_cannot_run_is_told_from_none(home: Path) -> None:
    program(home / "first" / "greet", "no program", mode=0o644)
    with pytest.raises(PermissionError):
        said(home, "greet", env={"PATH": str(home / "first")})
    with pytest.raises(FileNotFoundError):
        said(home, "greet", env={"PATH": str(home / "second")})
    with pytest.raises(FileNotFoundError):
        said(home, "./greet")


def test_a_text_that_no_argument_can_hold_is_refused(home: Path) -> None:
    with pytest.raises(ValueError, match="null byte"):
        said(home, "echo", "a\0b")


@LINUX
def test_descriptors_are_kept_from_it(home: Path) -> None:
    handed_on = os.open(os.devnull, os.O_RDONLY)
    os.set_inheritable(handed_on, True)  # noqa: FBT003 - as who starts the runner may do
    try:
        script = "import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:4])"
        # The fourth is that of the listing itself.
        assert said(home, sys.executable, "-c", script) == (0, "[0, 1, 2, 3]\n")
        code, printed = said(home, "ls", "/proc/self/fd")
        assert (code, printed.split()) == (0, ["0", "1", "2", "3"])
    finally:
        os.close(handed_on)


@LINUX
def test_without_proc_another_way_is_taken(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spawn, "_DESCRIPTORS", str(home / "no-proc"))
    monkeypatch.setattr(spawn, "_CLOSE", ())
    assert said(home, "echo", "hello") == (0, "hello\n")


@LINUX
def test_a_python_that_closes_the_rest_looks_at_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From 3.13 on."""
    monkeypatch.setattr(spawn, "_DESCRIPTORS", "/no-proc")
    monkeypatch.setattr(spawn, "_CLOSE", ((2, 3),))
    assert spawn._keeps_descriptors()


def test_descriptors_in_the_place_of_standard_ones_survive(home: Path) -> None:
    """A runner that was started with closed input gets its pipes there."""
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom runner.engine import spawn\n"
        "os.close(0)\nreader, writer = os.pipe()\n"
        "child = spawn.start(('echo', 'hello'), Path.cwd(), dict(os.environ), writer, writer)\n"
        "os.close(writer)\nprint(os.read(reader, 99), child.wait())\n"
    )
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    assert said(home, sys.executable, "-c", script, env=env) == (0, "b'hello\\n' 0\n")


def test_a_folder_that_is_gone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(FileNotFoundError):
        said(gone, "echo")
