"""Trees of processes: find every descendant of a child, and end them all.

On Linux the runner is a child subreaper (prctl(2), PR_SET_CHILD_SUBREAPER): a process whose
parent has died is given to the runner, even after ``setsid`` and a double fork, so nothing that
a check started can get away. Elsewhere, and where several trees run side by side, a process is
known by the mark in its environment.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    import psutil

MARK = "UPGRADE_RUNNER_TREE"
"""Environment variable that every process of a tree inherits."""
_PR_SET_CHILD_SUBREAPER = 36
"""linux/prctl.h"""
_THREADS = "/proc/self/task"
"""The runner's own threads, each with the children that it has started (proc(5))."""
_POLL = 0.01
"""Seconds between two looks at processes that were told to end."""
_LOOKS = 5
"""How often a process without arguments is asked for them."""
_EXEC = 0.002
"""Seconds between these looks; an execve takes less than one of them."""
_KILL_LIMIT = 5.0
"""Seconds to wait for killed processes to be gone; only one in the kernel's hands stays."""

Members: TypeAlias = "Callable[[], list[psutil.Process]]"
"""Gives the processes that are to end, anew at each call."""


def become_subreaper() -> bool:
    """Make orphans of the runner's trees its children; False where the system cannot."""
    adopting = False
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        adopting = bool(libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    return adopting


class Forest(msgspec.Struct):
    """The trees that are alive now, so that each orphan finds its own."""

    adopting: bool = msgspec.field(default_factory=become_subreaper)
    """Whether orphans come to the runner."""
    roots: dict[int, str] = msgspec.field(default_factory=dict)
    """Pid of each tree's first process to the tree's mark."""
    lock: threading.RLock = msgspec.field(default_factory=threading.RLock)
    """Guards ``roots``, and is held over each start, so that no child is seen half-born."""

    def plant(self, pid: int, mark: str) -> Tree:
        """Take note of a new tree."""
        with self.lock:
            self.roots[pid] = mark
        return Tree(self, pid, mark)

    def strays(self) -> list[psutil.Process]:
        """Give the runner's children that are nobody's root: orphans of some tree."""
        with self.lock:
            pids = [pid for pid in _children() if pid not in self.roots]
        return [process for process in _processes(pids) if not self.gone(process)]

    def gone(self, process: psutil.Process) -> bool:
        """Say whether a process has ended; the exit status of an adopted one is taken away."""
        if not _ended(process):
            return False
        if process.pid not in self.roots:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process.pid, os.WNOHANG)
        return True

    def sweep(self) -> tuple[str, ...]:
        """End every orphan that no tree has claimed; give their names."""
        return end(self.strays) if self.adopting else ()


class Tree(msgspec.Struct, frozen=True):
    """A child of the runner with all its descendants."""

    forest: Forest
    """Where it stands."""
    root: int
    """Pid of its first process, the leader of its session."""
    mark: str
    """Value of `MARK` in its environment."""

    def fell(self) -> None:
        """Forget the tree, once nothing is left of it."""
        with self.forest.lock:
            self.forest.roots.pop(self.root, None)

    def is_bare(self) -> bool:
        """Say, cheaply, that nothing can be left after the root has ended."""
        if not self.forest.adopting:
            return not self.members()
        if _childless():
            return True
        roots = self.forest.roots
        return all(pid in roots for pid in _children())

    def members(self) -> list[psutil.Process]:
        """Give every living process of the tree, the root included."""
        adopting = self.forest.adopting
        found = _processes([self.root]) if adopting else []
        others = self.forest.strays() if adopting else _everything()
        found += [one for one, mark in _with_marks(others) if self._owns(one, mark)]
        alive: dict[int, psutil.Process] = {}
        for process in found:
            for member in (process, *_descendants(process)):
                alive[member.pid] = member
        return [process for process in alive.values() if not self.forest.gone(process)]

    def _owns(self, process: psutil.Process, mark: str) -> bool:
        if process.pid == self.root or _session(process) == self.root:
            return True
        if mark:
            return mark == self.mark
        return self.forest.adopting and len(self.forest.roots) == 1


def end(find: Members, grace: float = 2.0) -> tuple[str, ...]:
    """End the processes that ``find`` gives: SIGTERM, a grace in seconds, then SIGKILL.

    Gives a line for each, its pid and its command line. ``find`` is asked again and again, so
    that what the processes start meanwhile is ended too.
    """
    names: dict[int, str] = {}
    killing = time.monotonic() + grace
    giving_up = killing + _KILL_LIMIT
    while (members := find()) and (now := time.monotonic()) < giving_up:
        for process in members:
            if process.pid not in names:
                names[process.pid] = name_of(process)
                _signal(process, kill=False)
            if now > killing:
                _signal(process, kill=True)
        time.sleep(_POLL)
    return tuple(names.values())


def tell(members: Iterable[psutil.Process], *, kill: bool) -> None:
    """Send SIGTERM, or SIGKILL, to each of the processes."""
    for process in members:
        _signal(process, kill=kill)


def name_of(process: psutil.Process) -> str:
    """Give the pid and the command line of a process, shortened."""
    import psutil

    try:
        words = " ".join(_command_line(process)) or process.name()
    except psutil.Error:
        words = "?"
    return f"{process.pid} {as_text(words[:120])}"


def _command_line(process: psutil.Process) -> list[str]:
    """Give the arguments; none of a process that has wiped them.

    In the midst of execve(2) a process has none yet, so a second and third look is taken.
    """
    for _ in range(_LOOKS):
        if words := process.cmdline():
            return words
        time.sleep(_EXEC)
    return []


def as_text(text: str) -> str:
    """Make a name of any bytes fit for a record; a byte that is no UTF-8 is shown escaped."""
    return text.encode("utf-8", "backslashreplace").decode()


def marked(prefix: str) -> list[psutil.Process]:
    """Give the living processes whose mark begins with the prefix: an earlier run's."""
    return [
        process
        for process, mark in _with_marks(_everything())
        if mark.startswith(prefix) and not _ended(process)
    ]


def _signal(process: psutil.Process, *, kill: bool) -> None:
    import psutil

    with contextlib.suppress(psutil.Error):
        if kill:
            process.kill()
        else:
            process.terminate()


def _childless() -> bool:
    """Say, with one call, that the runner has no child at all (waitid(2), ECHILD)."""
    childless = False
    if sys.platform == "linux":
        try:
            os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            childless = True
    return childless


def _children() -> list[int]:
    """Give the pids of the runner's own children, from each of its threads (proc(5))."""
    pids: list[int] = []
    try:
        for thread in os.listdir(_THREADS):  # noqa: PTH208 - asked after every process
            with open(f"{_THREADS}/{thread}/children", "rb") as children:  # noqa: PTH123
                pids.extend(map(int, children.read().split()))
    except OSError:
        import psutil

        return [process.pid for process in psutil.Process().children()]
    return pids


def _everything() -> Iterator[psutil.Process]:
    import psutil

    me = os.getpid()
    return (process for process in psutil.process_iter() if process.pid != me)


def _processes(pids: list[int]) -> list[psutil.Process]:
    if not pids:  # as nearly always
        return []
    import psutil

    found = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            found.append(psutil.Process(pid))
    return found


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    import psutil

    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _session(process: psutil.Process) -> int:
    try:
        return os.getsid(process.pid)
    except OSError:
        return -1


def _with_marks(processes: Iterable[psutil.Process]) -> Iterator[tuple[psutil.Process, str]]:
    """Give processes with their marks.

    In the midst of execve(2) a process has no environment yet, so a second and third look is taken.
    """
    for _ in range(_LOOKS):
        marks = [(process, _mark(process)) for process in processes]
        yield from ((process, mark) for process, mark in marks if mark is not None)
        processes = [process for process, mark in marks if mark is None]
        if not processes:
            return
        time.sleep(_EXEC)
    yield from ((process, "") for process in processes)


def _mark(process: psutil.Process) -> str | None:
    """Give the mark, empty without one; None of a process that has no environment at all."""
    import psutil

    try:
        environment = process.environ()
    except (psutil.Error, OSError):
        return ""
    return str(environment.get(MARK, "")) if environment else None


def _ended(process: psutil.Process) -> bool:
    import psutil

    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return True
