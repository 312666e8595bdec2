"""Start a process: in a session of its own, with closed input and two places for its output.

`subprocess` can do more, and its Python takes as long as the start itself: the environment alone
is encoded word by word. On Linux a process that begins in the runner's own folder is started by
posix_spawn(3), which knows no other folder everywhere, and elsewhere not always a new session.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
import signal
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

_IGNORED = (signal.SIGPIPE, signal.SIGXFSZ)
"""Signals that Python ignores, and its children should not (`subprocess`, restore_signals)."""
_STANDARD = 2
"""The last of the standard descriptors."""
_DESCRIPTORS = "/proc/self/fd"
"""The runner's own descriptors (proc(5))."""
_NO_INPUT = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)
_CLOSE: tuple[Any, ...] = (
    ((os.POSIX_SPAWN_CLOSEFROM, _STANDARD + 1),) if hasattr(os, "POSIX_SPAWN_CLOSEFROM") else ()
)
"""Closes everything but the standard descriptors, from Python 3.13 on."""


class Child(Protocol):
    """A process that was started: as much of `subprocess.Popen` as is asked for."""

    @property
    def pid(self) -> int:
        """Of the process, of its group and of its session."""
        ...

    @property
    def returncode(self) -> int | None:
        """Its exit code, or the number of the signal that ended it below 0; None until then."""
        ...

    def poll(self) -> int | None:
        """Look whether it has ended; give the exit code."""
        ...

    def wait(self) -> int:
        """Wait for its end; give the exit code."""
        ...


class Spawned:
    """A child of posix_spawn(3)."""

    __slots__ = ("pid", "returncode")

    def __init__(self, pid: int) -> None:
        """Know its pid."""
        self.pid = pid
        """As `Child.pid`."""
        self.returncode: int | None = None
        """As `Child.returncode`."""

    def poll(self) -> int | None:
        """Look whether it has ended; raises ChildProcessError where another took its end."""
        if self.returncode is None:
            self._take(os.WNOHANG)
        return self.returncode

    def wait(self) -> int:
        """Wait for its end; raises as `poll` does."""
        return self._take(0) if self.returncode is None else self.returncode

    def _take(self, options: int) -> int:
        pid, status = os.waitpid(self.pid, options)
        code = os.waitstatus_to_exitcode(status)
        if pid:
            self.returncode = code
        return code


def start(
    argv: tuple[str, ...], cwd: Path, env: Mapping[str, str], stdout: int, stderr: int
) -> Child:
    """Start a program, looked up on the PATH of its own environment.

    ``stdout`` and ``stderr`` are descriptors, which stay open here; no other one is handed on.
    Raises OSError, and ValueError for a text that no argument can hold.
    """
    if min(stdout, stderr) > _STANDARD and _is_here(cwd) and _keeps_descriptors():
        return _spawn(argv, env, stdout, stderr)
    import subprocess

    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        cwd=cwd,
        env=env,
        start_new_session=True,
    )


def _spawn(argv: tuple[str, ...], env: Mapping[str, str], stdout: int, stderr: int) -> Spawned:
    outputs = (os.POSIX_SPAWN_DUP2, stdout, 1), (os.POSIX_SPAWN_DUP2, stderr, 2)
    actions = (_NO_INPUT, *outputs, *_CLOSE)
    trouble: OSError = FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), argv[0])
    for program in _places(argv[0], env):
        try:
            pid = os.posix_spawn(
                program, argv, env, file_actions=actions, setsid=True, setsigdef=_IGNORED
            )
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as error:  # as execvp(3): another folder of the PATH may have it
            trouble = error
        else:
            return Spawned(pid)
    raise trouble


def _places(program: str, env: Mapping[str, str]) -> Iterable[str]:
    """Give the paths at which a program may be."""
    if "/" in program:
        return (program,)
    places = (os.path.join(folder, program) for folder in os.get_exec_path(env))  # noqa: PTH118
    return (place for place in places if os.path.exists(place))  # noqa: PTH110 - a start is dear


def _is_here(cwd: Path) -> bool:
    """Say whether a folder is the runner's own, whose name may be gone by now."""
    here = ""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            here = os.getcwd()  # noqa: PTH109 - compared for each process
    return here == str(cwd)


@functools.cache
def _keeps_descriptors() -> bool:
    """Keep from all children what was handed to the runner itself; False where that is unknown.

    What Python opens is kept from them anyway (PEP 446).
    """
    if _CLOSE:
        return True
    try:
        descriptors = [int(name) for name in os.listdir(_DESCRIPTORS)]  # noqa: PTH208
    except OSError:
        return False
    for descriptor in descriptors:
        if descriptor > _STANDARD:
            _keep(descriptor)
    return True


def _keep(descriptor: int) -> None:
    try:
        os.set_inheritable(descriptor, False)  # noqa: FBT003 - it takes no keyword
    except OSError:  # that of the listing itself, which is closed by now
        return
