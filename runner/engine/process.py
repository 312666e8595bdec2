"""The one door to processes.

Each process is an argv without a shell, in a session of its own, with closed standard input, a
finite timeout, and its output streamed into a log. At the end nothing of its tree is left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from runner.engine.clock import now
from runner.engine.output import Capture, Sink
from runner.engine.request import Request, not_started
from runner.engine.spawn import start
from runner.engine.stop import Stop
from runner.engine.tree import MARK, Forest, as_text, end, tell
from runner.kinds.base import CAPTURE_LIMIT, Finished
from runner.model import Execution

if TYPE_CHECKING:
    import psutil

GRACE = 5.0
"""Seconds between SIGTERM and SIGKILL for a process that runs out of time or is stopped."""
LEFTOVER_GRACE = 1.0
"""The same for what a process left running after it has ended by itself."""
_SIP = 1 << 16
"""Bytes read at once, and what a pipe holds at first (pipe(7)): one that was full is widened."""
_GULP = 1 << 20
"""Bytes read at once from a widened pipe, and what it may hold (the limit for ordinary users,
pipe(7)): fewer switches of context."""
_QUICK = 0.05
"""Seconds after which a process has a log that can be followed, though it prints nothing."""
_KEPT = 1 << 24
"""Bytes of memory that stay the process's own once so much was in use (mallopt(3), on the dynamic
M_MMAP_THRESHOLD), where pieces of a `_GULP` would be given back and zeroed anew each time."""
_F_SETPIPE_SZ = 1031
"""linux/fcntl.h"""
_LONGEST = 3600.0
"""Seconds of one sleep; poll(2) takes no infinity."""
_POLL = 0.02
"""Seconds between two looks at a child where the system has no pidfd (macOS)."""


class Running:
    """A process that has been started, with the reading ends of its output."""

    def __init__(self, request: Request, forest: Forest, log: Sink) -> None:
        """Start it; raises OSError."""
        self.started = now()
        self.began = time.monotonic()
        self.request = request
        self.captures = tuple(Capture(log, CAPTURE_LIMIT) for _ in range(2 * request.split))
        self.readers: dict[int, Callable[[bytes], None]] = {}
        self._log = log
        self.quick_until = self.began + _QUICK
        """When it is no longer quick, by `time.monotonic`; infinite once that has been."""
        self._most = _SIP
        self.printed = 0
        """Bytes printed so far."""
        outputs = [one.write for one in self.captures] or [log.write]
        env = {**request.env, MARK: request.mark}
        pipes = [os.pipe() for _ in outputs]
        try:
            with forest.lock:
                self.child = start(request.argv, request.cwd, env, pipes[0][1], pipes[-1][1])
                self.tree = forest.plant(self.child.pid, request.mark)
        except BaseException:
            for reader, _ in pipes:
                os.close(reader)
            raise
        finally:
            for _, writer in pipes:
                os.close(writer)
        for (reader, _), output in zip(pipes, outputs, strict=True):
            self.readers[reader] = output
        self.exit_fd = os.pidfd_open(self.child.pid) if hasattr(os, "pidfd_open") else -1

    def wait(self, timeout: float, *watched: int) -> set[int]:
        """Wait for output, the end, or a watched descriptor; pass output on.

        Gives the watched descriptors that are readable, and ``exit_fd`` once the child has ended.
        """
        poller = select.poll()
        for fd in (*self.readers, *watched):
            poller.register(fd, select.POLLIN)
        if self.exit_fd >= 0 and self.child.returncode is None:
            poller.register(self.exit_fd, select.POLLIN)
        elif self.child.returncode is None:
            timeout = min(timeout, _POLL)
        ready = {fd for fd, _ in poller.poll(min(max(0.0, timeout), _LONGEST) * 1000)}
        for fd in ready & self.readers.keys():
            self._read(fd)
        return ready

    def _read(self, fd: int) -> None:
        data = os.read(fd, self._most)
        if data:
            if len(data) == _SIP:
                self._most = _widen(fd)
            self.printed += len(data)
            self.readers[fd](data)
        else:
            del self.readers[fd]
            os.close(fd)

    def last(self) -> None:
        """Take note that it is not quick: its log can be followed from now on."""
        self.quick_until = float("inf")
        self._log.begin()

    def has_ended(self, ready: set[int]) -> bool:
        """Say whether the child itself has ended, given what `wait` has found."""
        if self.child.returncode is None and self.exit_fd >= 0 and self.exit_fd not in ready:
            return False  # without asking the system
        return self.ended()

    def ended(self) -> bool:
        """Say whether the child itself has ended."""
        return self.child.poll() is not None

    def clean_up(self, grace: float) -> tuple[str, ...]:
        """End what is left of the tree, read the rest of the output, and let go."""
        leftovers = () if self.tree.is_bare() else end(self._members, grace)
        deadline = time.monotonic() + GRACE
        while self.readers and time.monotonic() < deadline:
            self.wait(_POLL)
        self.close()
        return leftovers

    def _members(self) -> list[psutil.Process]:
        if self.readers:
            self.wait(0)  # a process that is to end must not hang on a full pipe
        return self.tree.members()

    def close(self) -> None:
        """Close what is open, and forget the tree."""
        for fd in self.readers:
            os.close(fd)
        self.readers.clear()
        if self.exit_fd >= 0:
            os.close(self.exit_fd)
            self.exit_fd = -1
        self.tree.fell()

    def execution(self, stopped: str, leftovers: tuple[str, ...]) -> Execution:
        """Make the evidence, once the child has ended."""
        code = self.child.returncode
        died = code is not None and code < 0
        return Execution(
            argv=self.request.argv,
            cwd=as_text(str(self.request.cwd)),
            env=self.request.shown_env,
            started=self.started,
            duration=time.monotonic() - self.began,
            exit_code=None if died else code,
            signal=_signal_name(-code) if died and code is not None else "",
            stopped=stopped,
            output_bytes=self.printed,
            leftovers=leftovers,
        )


def run(request: Request, forest: Forest, log: Sink, stop: Stop) -> Finished:
    """Run a process to its end, whatever that is; raises DossierError where its log cannot be.

    A process that cannot be started is a result, with the reason and a hint.
    """
    try:
        running = Running(request, forest, log)
    except (OSError, ValueError) as error:
        return Finished(not_started(request, error))
    execution = finish(running, stop)
    log.flush()
    if not running.captures:
        return Finished(execution)
    stdout, stderr = running.captures
    return Finished(
        execution,
        stdout.value(),
        stderr.value(),
        truncated=stdout.truncated or stderr.truncated,
    )


def finish(running: Running, stop: Stop) -> Execution:
    """Wait for the end of a process, end what it leaves, and give the evidence.

    Raises DossierError where its output cannot be written; the process is ended then too.
    """
    try:
        stopped = _attend(running, stop)
        leftovers = running.clean_up(GRACE if stopped else LEFTOVER_GRACE)
    except BaseException:
        end(running.tree.members, 0.0)
        running.child.wait()
        running.close()
        raise
    return running.execution(stopped, leftovers)


def _attend(running: Running, stop: Stop) -> str:
    """Wait for the end of the child, and bring it about where it is due; say why."""
    stopped = ""
    due = running.began + running.request.timeout
    while not running.has_ended(
        running.wait(
            min(due, running.quick_until) - time.monotonic(), *(() if stopped else (stop.fd,))
        )
    ):
        if time.monotonic() >= running.quick_until:
            running.last()
        reached = time.monotonic() >= due
        if stopped:
            if reached:
                tell(running.tree.members(), kill=True)
                due = time.monotonic() + 0.1
        elif stop.signal or reached:
            stopped = "interrupted" if stop.signal else "timeout"
            due = time.monotonic() + GRACE
            tell(running.tree.members(), kill=False)
    return stopped


def _widen(reader: int) -> int:
    """Enlarge a pipe where the system can, and say how much to read from it at once.

    Its owner may be over the limit of all pipes.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            fcntl.fcntl(reader, _F_SETPIPE_SZ, _GULP)
    bytes(_KEPT)  # used and given back
    return _GULP


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
