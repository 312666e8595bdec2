"""The one door to processes: every way a process can end, and nothing left after it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import psutil
import pytest
from support.macos import as_on_macos
from support.processes import NAP, alive, in_a_session
from support.systems import FULL, NEEDS_FULL, want

from runner.engine.output import Log
from runner.engine.process import run
from runner.engine.redaction import Redactor
from runner.engine.request import Request
from runner.engine.stop import Stop
from runner.engine.tree import Forest
from runner.errors import DossierError
from runner.kinds.base import CAPTURE_LIMIT, Finished

LINUX = pytest.mark.skipif(sys.platform != "linux", reason="platform: needs a subreaper")

MARK = f"test-{os.getpid()}.1"
"""Of this test process alone: without a subreaper, what has the same mark is one tree."""


class Door:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "door.log"
        self.log = Log(self.path, "door.log", Redactor({"TOKEN": "hunter22"}))
        self.stop = Stop()
        self.forest = Forest()

    def __call__(
        self,
        *argv: str,
        timeout: float = 30.0,
        cwd: Path | None = None,
        split: bool = False,
    ) -> Finished:
        request = Request(
            argv, cwd or self.folder, dict(os.environ), MARK, timeout=timeout, split=split
        )
        return run(request, self.forest, self.log, self.stop)


@pytest.fixture(params=["here", "elsewhere"])
def linux_door(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Door:
    """Give a door; where a process begins decides how it is started."""
    if request.param == "here":
        monkeypatch.chdir(tmp_path)
    return Door(tmp_path)


@pytest.fixture(params=["here", "elsewhere", "macos"])
def door(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Door:
    """Give a door also with no more than macOS has."""
    if request.param == "here":
        monkeypatch.chdir(tmp_path)
    if request.param == "macos":
        as_on_macos(monkeypatch)
    return Door(tmp_path)


def test_exit_code_and_output(door: Door) -> None:
    finished = door("bash", "-c", "echo out; echo err >&2; exit 7")
    assert finished.execution.exit_code == 7
    assert finished.execution.signal == ""
    assert finished.execution.output_bytes == 8
    assert door.path.read_text() == "out\nerr\n"


def test_exact_interleaving_of_both_streams(door: Door) -> None:
    script = "for i in {1..500}; do echo o$i; echo e$i >&2; done"
    door("bash", "-c", script)
    expected = "".join(f"o{i}\ne{i}\n" for i in range(1, 501))
    assert door.path.read_text() == expected


def test_split_streams_are_captured_each_by_itself(door: Door) -> None:
    finished = door("bash", "-c", "echo out hunter22; echo err >&2", split=True)
    assert finished.stdout == b"out hunter22\n"
    assert finished.stderr == b"err\n"
    assert "hunter22" not in door.path.read_text()
    assert "[redacted TOKEN]" in door.path.read_text()


def test_a_capture_is_bounded_and_says_so(door: Door) -> None:
    finished = door("head", "-c", str(CAPTURE_LIMIT + 1), "/dev/zero", split=True)
    assert finished.truncated
    assert len(finished.stdout) == CAPTURE_LIMIT
    assert door.path.stat().st_size == CAPTURE_LIMIT + 1


def test_standard_input_is_closed(door: Door) -> None:
    finished = door("bash", "-c", "read line || echo closed")
    assert finished.execution.exit_code == 0
    assert door.path.read_text() == "closed\n"


def test_a_session_of_its_own(door: Door) -> None:
    door(sys.executable, "-c", "import os; print(os.getsid(0) == os.getpid())")
    assert door.path.read_text() == "True\n"


def test_missing_executable(door: Door) -> None:
    execution = door("no-such-program").execution
    assert execution.exit_code is None
    assert execution.error == "no-such-program: not found"
    assert "PATH" in execution.hint


def test_not_executable(door: Door) -> None:
    (door.folder / "data").write_text("x")
    execution = door("./data").execution
    assert execution.error == "./data: not executable"
    assert "chmod +x" in execution.hint


def test_neither_program_nor_script(door: Door) -> None:
    script = door.folder / "script"
    script.write_text("echo hi\n")
    script.chmod(0o755)
    execution = door("./script").execution
    assert "#!" in execution.error
    assert execution.hint


def test_missing_working_folder(door: Door) -> None:
    execution = door("true", cwd=door.folder / "gone").execution
    assert "gone" in execution.error
    assert "cwd" in execution.hint


def test_argument_list_too_long(door: Door) -> None:
    execution = door("true", "x" * (1 << 20)).execution
    assert execution.exit_code is None
    assert "too long" in execution.error


def test_nul_in_argv_is_a_result(door: Door) -> None:
    execution = door("true", "a\0b").execution
    assert execution.exit_code is None
    assert "null byte" in execution.error


def test_end_by_signal_is_named(door: Door) -> None:
    execution = door("bash", "-c", "kill -SEGV $$").execution
    assert execution.signal == "SIGSEGV"
    assert execution.exit_code is None


def test_timeout_is_told(door: Door) -> None:
    execution = door("sleep", "100", timeout=0.2).execution
    assert execution.stopped == "timeout"
    assert execution.signal == "SIGTERM"


def test_timeout_of_one_who_ignores_sigterm(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runner.engine.process.GRACE", 0.3)
    script = "trap '' TERM; while true; do sleep 0.05; done"
    execution = door("bash", "-c", script, timeout=0.2).execution
    assert execution.stopped == "timeout"
    assert execution.signal == "SIGKILL"


def test_timeout_reaches_children_and_sessions(door: Door) -> None:
    script = f"{NAP} & {in_a_session(NAP)} & {NAP}"
    door("bash", "-c", script, timeout=0.5)
    assert alive(NAP) == []


@LINUX
def test_timeout_reaches_daemons(linux_door: Door) -> None:
    """A double fork in a new session with a cleared environment cannot get away."""
    script = f"(env -i setsid bash -c '({NAP} &)' &) ; sleep 100"
    linux_door("bash", "-c", script, timeout=0.7)
    assert alive(NAP) == []


def test_what_is_left_running_is_stopped_and_named(door: Door) -> None:
    execution = door("bash", "-c", f"{NAP} & echo done").execution
    assert execution.exit_code == 0
    assert any(NAP in line for line in execution.leftovers)
    assert alive(NAP) == []
    assert door.path.read_text() == "done\n"


@LINUX
def test_a_daemon_left_running_is_stopped_and_named(linux_door: Door) -> None:
    script = f"({in_a_session(NAP)} >/dev/null 2>&1 & echo $!)"
    execution = linux_door("bash", "-c", script).execution
    # It may be seen before it becomes the nap; its number stays, and a long line is cut.
    pid = linux_door.path.read_text().strip()
    assert [line for line in execution.leftovers if line.startswith(f"{pid} ")]
    assert alive(NAP) == []


@LINUX
def test_a_leftover_that_ignores_sigterm_is_killed(
    linux_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.process.LEFTOVER_GRACE", 0.2)
    script = f"(trap '' TERM; while true; do sleep 0.05; : {NAP}; done) & echo done"
    linux_door("bash", "-c", script)
    assert alive(NAP) == []


def test_a_request_to_stop_ends_it(door: Door) -> None:
    threading.Timer(0.2, door.stop.ask, ["SIGINT"]).start()
    began = time.monotonic()
    execution = door("sleep", "100").execution
    assert execution.stopped == "interrupted"
    assert time.monotonic() - began < 50


def test_the_log_of_a_silent_process_can_be_followed_once_it_lasts(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runner.engine.process._QUICK", 60.0)
    door("true")
    assert not door.path.exists()
    monkeypatch.setattr("runner.engine.process._QUICK", 0.05)
    seen = f"import os, time\nwhile not os.path.exists({str(door.path)!r}): time.sleep(0.01)"
    assert door(sys.executable, "-c", seen).execution.exit_code == 0
    assert door.path.read_bytes() == b""


def test_a_secret_split_over_two_writes(door: Door) -> None:
    script = "printf hunt; sleep 0.2; printf 'er22 and hunte'"
    door("bash", "-c", script)
    assert door.path.read_text() == "[redacted TOKEN] and hunte"


def test_output_of_any_bytes(door: Door) -> None:
    door(sys.executable, "-c", "import os; os.write(1, bytes(range(256)) * 4096)")
    assert door.path.read_bytes() == bytes(range(256)) * 4096


@NEEDS_FULL
def test_a_full_disk_stops_the_process(door: Door) -> None:
    full = Log.__new__(Log)
    full.__dict__.update(door.log.__dict__)
    full._fd = os.open(FULL, os.O_WRONLY)
    request = Request(("yes", NAP), door.folder, dict(os.environ), MARK, timeout=30)
    with pytest.raises(DossierError, match="No space left"):
        run(request, door.forest, full, door.stop)
    os.close(full._fd)
    assert alive(f"yes {NAP}") == []


def test_on_macos_what_left_the_session_is_known_by_its_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_on_macos(monkeypatch)
    door = Door(tmp_path)
    assert not door.forest.adopting
    execution = door("bash", "-c", f"{in_a_session(NAP)} & {NAP} & echo hi").execution
    assert execution.exit_code == 0
    assert len(execution.leftovers) >= 2
    assert alive(NAP) == []
    assert door("sleep", "100", timeout=0.2).execution.signal == "SIGTERM"


@LINUX
def test_no_zombie_stays(linux_door: Door) -> None:
    for _ in range(3):
        linux_door("bash", "-c", "(setsid true &)")
    children = psutil.Process().children()
    assert [c for c in children if c.status() == psutil.STATUS_ZOMBIE] == []


@pytest.mark.skipif(not hasattr(signal, "SIGRTMIN"), reason=want("there are no real-time signals"))
def test_signal_without_a_name(door: Door) -> None:
    number = signal.SIGRTMIN + 1
    execution = door("bash", "-c", f"kill -{number} $$").execution
    assert execution.signal == f"signal {number}"
