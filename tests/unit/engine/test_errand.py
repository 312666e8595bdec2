"""The door to processes for commands that run no stage."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.processes import NAP, alive

from runner.advisories.sources.base import SourceError
from runner.engine import errand as module
from runner.engine.errand import ErrandDoor, errand
from runner.errors import ExitCode


def sh(door: ErrandDoor, script: str, **more: object) -> tuple[int, bytes, bytes]:
    ended = door.run(("sh", "-c", script), **more)  # type: ignore[arg-type]
    return ended.exit_code, ended.stdout, ended.stderr


def test_a_process_runs_in_the_repository_to_its_end(tmp_path: Path) -> None:
    with errand(tmp_path) as door:
        found = sh(door, "pwd; echo no >&2; echo $MORE; exit 3", env={"MORE": "more"})
        assert found == (3, f"{tmp_path}\nmore\n".encode(), b"no\n")
        assert door.repository == tmp_path
        assert list(door.scratch.iterdir()) == []
        (door.scratch / "x").touch()
        door.log("dropped")
        door.keep("dropped", b"")
    assert not door.scratch.exists()


def test_processes_do_not_see_secrets(tmp_path: Path) -> None:
    known = {"PATH": os.environ["PATH"], "TOKEN": "s3cret", "OTHER": "x"}
    with errand(tmp_path, secrets=("TOKEN", "ABSENT"), environment=known) as door:
        assert sh(door, "echo $TOKEN $OTHER")[1] == b"x\n"
        assert "TOKEN" not in door.env


def test_a_process_that_has_no_end_of_its_own_is_an_error(tmp_path: Path) -> None:
    with errand(tmp_path) as door:
        with pytest.raises(SourceError, match="no-such-program: not found") as caught:
            door.run(("no-such-program",))
        assert caught.value.hint
        with pytest.raises(SourceError, match="sh: "):
            sh(door, "sleep 60", timeout=0.2)
        with pytest.raises(SourceError, match="was ended by SIGKILL"):
            sh(door, "kill -9 $$")
        with pytest.raises(SourceError, match="printed more than 8 MiB"):
            sh(door, "head -c 9000000 /dev/zero")


def test_cleaning_up_changes_nothing_where_it_cannot(tmp_path: Path) -> None:
    with errand(tmp_path) as door:
        (tmp_path / "left").touch()
        door.clean_up(("rm", "left"))
        door.clean_up(("no-such-program",))
        assert not (tmp_path / "left").exists()


def test_handlers_are_as_before(tmp_path: Path) -> None:
    numbers = (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]
    with errand(tmp_path):
        pass
    assert [signal.getsignal(number) for number in numbers] == before


def test_another_thread_may_lend_one_too(tmp_path: Path) -> None:
    found: list[int] = []

    def work() -> None:
        with errand(tmp_path) as door:
            found.append(sh(door, "exit 4")[0])

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(30)
    assert found == [4]


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, ExitCode.TERMINATED), (signal.SIGHUP, ExitCode.TERMINATED)],
)
def test_a_signal_ends_the_command_and_all_that_it_started(
    tmp_path: Path, number: signal.Signals, code: ExitCode
) -> None:
    program = (
        # Under nohup(1) it would ignore a hang-up, as all that it starts.
        "import signal; signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        "import sys; from pathlib import Path; from runner.engine.errand import errand\n"
        "with errand(Path(sys.argv[1])) as door:\n"
        f"    door.run(('sh', '-c', '{NAP} & echo >begun; wait'))\n"
    )
    child = subprocess.Popen((sys.executable, "-c", program, str(tmp_path)))
    deadline = time.monotonic() + 30
    while not ((tmp_path / "begun").exists() and alive(NAP)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.send_signal(number)
    assert child.wait(30) == code
    assert not [one for one in alive(NAP) if one == NAP]


@pytest.mark.parametrize("moment", ["made", "removed"])
@pytest.mark.parametrize(
    ("number", "expected"),
    [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)],
)
def test_a_signal_while_the_scratch_folder_comes_or_goes_leaves_nothing(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    number: signal.Signals,
    expected: type[BaseException],
) -> None:
    scratch = tmp_path / "scratch"

    @contextlib.contextmanager
    def slow(_name: str) -> Iterator[Path]:
        scratch.mkdir()
        if moment == "made":
            os.kill(os.getpid(), number)
        yield scratch
        if moment == "removed":
            os.kill(os.getpid(), number)
            os.kill(os.getpid(), signal.SIGTERM)
        scratch.rmdir()

    monkeypatch.setattr(module, "scratch_folder", slow)
    # A shell's background jobs begin with SIGINT ignored, which the errand would respect.
    before = signal.signal(number, signal.SIG_DFL)
    try:
        with pytest.raises((expected, SystemExit)), errand(tmp_path, name="slow"):
            pass
    finally:
        signal.signal(number, before)
    assert not scratch.exists()


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup(1) does
    try:
        with errand(tmp_path):
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
    assert list(tmp_path.iterdir()) == []


def test_the_patience_is_finite() -> None:
    assert 0 < module.PATIENCE < 3600


def test_what_a_killed_errand_left_is_removed_by_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    left = tmp_path / "upgrade-runner-errand-dead"
    (left / "below").mkdir(parents=True)
    (left / "below" / "file").touch()
    (tmp_path / "upgrade-runner-errand-file").touch()
    (tmp_path / "upgrade-runner-errand-link").symlink_to(tmp_path / "kept")
    (tmp_path / "kept").mkdir()
    with errand(tmp_path) as first, errand(tmp_path) as second:
        assert not left.exists()
        assert first.scratch.is_dir()
        assert second.scratch.is_dir()
        assert first.scratch != second.scratch
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "kept",
        "upgrade-runner-errand-file",
        "upgrade-runner-errand-link",
    ]
