"""Trees of processes: who belongs to which, and how they end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from support.processes import NAP, alive

from runner.engine import tree
from runner.engine.tree import MARK, Forest, end, marked, name_of


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        NAP.split(), env={**os.environ, MARK: "run-9.1"}, start_new_session=True
    ) as made:
        yield made
        made.kill()


def test_processes_are_found_by_their_mark(child: subprocess.Popen[bytes]) -> None:
    assert [process.pid for process in marked("run-9.")] == [child.pid]
    assert marked("run-10.") == []


def test_marked_processes_are_ended_and_named(child: subprocess.Popen[bytes]) -> None:
    assert end(lambda: marked("run-9.")) == (f"{child.pid} {NAP}",)
    assert alive(NAP) == []


def test_without_adopting_there_is_nothing_to_sweep() -> None:
    assert Forest(adopting=False).sweep() == ()


@pytest.mark.skipif(sys.platform != "linux", reason="platform: needs a subreaper")
def test_a_sweep_ends_what_nobody_claims() -> None:
    forest = Forest()
    assert forest.sweep() == ()
    script = f"(env -i setsid {NAP} >/dev/null 2>&1 &)"
    subprocess.run(["bash", "-c", script], check=True)
    while NAP not in alive(NAP):  # bash has forked, but not yet executed
        time.sleep(0.01)
    swept = forest.sweep()
    assert len(swept) == 1
    assert swept[0].endswith(NAP)
    assert alive(NAP) == []


@pytest.mark.skipif(sys.platform != "linux", reason="platform: needs a subreaper")
def test_an_unmarked_orphan_of_two_trees_is_nobodys() -> None:
    """It is left for the sweep: ending another tree's process would break its check."""
    forest = Forest()
    subprocess.run(["bash", "-c", f"(env -i setsid {NAP} >/dev/null 2>&1 &)"], check=True)
    one, two = forest.plant(999_999_991, "run.1"), forest.plant(999_999_992, "run.2")
    assert not one.is_bare()
    assert (one.members(), two.members()) == ([], [])
    assert len(forest.sweep()) == 1


def test_where_the_system_adopts_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    assert tree.become_subreaper() is False


def test_children_without_proc(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "_THREADS", "/nowhere")
    assert child.pid in tree._children()


class Executing(psutil.Process):
    """In the midst of an execve: its arguments are there at the second look, or never."""

    waits = 1

    def cmdline(self) -> list[str]:
        """Give none while it waits."""
        self.waits -= 1
        return [] if self.waits >= 0 else super().cmdline()


def test_a_process_in_an_execve_is_named_with_its_arguments(
    child: subprocess.Popen[bytes],
) -> None:
    process = Executing(child.pid)
    assert name_of(process) == f"{child.pid} {NAP}"
    process.waits = 100
    assert name_of(process) == f"{child.pid} {NAP.split()[0]}"


class Begun(psutil.Process):
    """In the midst of an execve: its environment is there at the second look, or never."""

    waits = 1

    def environ(self) -> dict[str, str]:
        """Give none while it waits."""
        self.waits -= 1
        return {} if self.waits >= 0 else super().environ()


def test_a_process_in_an_execve_is_known_by_its_mark(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Begun(child.pid)
    monkeypatch.setattr(tree, "_everything", lambda: iter([process]))
    assert marked("run-9.") == [process]
    process.waits = 100
    assert marked("run-9.") == []


def test_a_process_that_is_gone_has_no_secrets(child: subprocess.Popen[bytes]) -> None:
    process = psutil.Process(child.pid)
    forest = Forest()
    forest.plant(child.pid, "run-9.1")
    child.kill()
    child.wait()
    assert name_of(process) == f"{child.pid} ?"
    assert forest.gone(process)
    assert tree._descendants(process) == []
    assert tree._session(process) == -1
    assert tree._mark(process) == ""
    assert tree._processes([child.pid]) == []
    tree.tell([process], kill=True)
