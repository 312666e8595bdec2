"""An errand: the one door to processes, for commands that run no stage and keep no evidence."""

from __future__ import annotations

import contextlib
import os
import secrets as randomness
import signal
import threading
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol

from runner.advisories.sources.base import Ended, SourceError
from runner.engine.dossier import scratch_folder
from runner.engine.output import Nowhere
from runner.engine.process import Request, run
from runner.engine.stop import Stop
from runner.engine.tree import Forest
from runner.errors import ExitCode
from runner.kinds.base import CLEAN_UP
from runner.kinds.door import ended

PATIENCE = 600.0
"""Seconds for a process that is given none: to make the environment of a scanner takes minutes."""


class Ear(Protocol):
    """Hears what goes through the door."""

    def ran(self, argv: tuple[str, ...], ended: Ended | None, seconds: float) -> None:
        """Hear of a process; None for one without an exit code of its own."""

    def said(self, text: str) -> None:
        """Hear what the errand says for a log."""


class Deaf:
    """Hears nothing: an errand keeps no log."""

    def ran(self, argv: tuple[str, ...], ended: Ended | None, seconds: float) -> None:
        """Forget it."""

    def said(self, text: str) -> None:
        """Forget it."""


_DEAF = Deaf()


@dataclass(frozen=True)
class ErrandDoor:
    """Runs processes as `runner.advisories.sources.base.Door` says; what they print is captured."""

    repository: Path
    """The folder that processes run in."""
    scratch: Path
    """A folder of this errand, removed after it."""
    env: Mapping[str, str]
    """The environment that processes see: that of the runner, without secrets."""
    forest: Forest = field(default_factory=Forest)
    """Every tree of processes that is alive."""
    name: str = "errand"
    """What the marks of its processes begin with, so that they are found after a ``kill -9``."""
    ear: Ear = _DEAF
    """Hears of every process."""

    def run(
        self,
        argv: tuple[str, ...],
        *,
        env: Mapping[str, str] | None = None,
        timeout: float | None = None,
    ) -> Ended:
        """Run a process to its end; raises SourceError where it has no exit code of its own."""
        limit = PATIENCE if timeout is None else timeout
        mark = f"{self.name}.{randomness.token_hex(6)}"
        request = Request(
            argv, self.repository, {**self.env, **(env or {})}, mark, timeout=limit, split=True
        )
        came: Ended | None = None
        began = time.monotonic()
        try:
            with contextlib.closing(Stop()) as stop:
                finished = run(request, self.forest, Nowhere(), stop)
            came = ended(finished, argv[0], limit, "")
        finally:
            self.ear.ran(argv, came, time.monotonic() - began)
        return came

    def clean_up(self, argv: tuple[str, ...]) -> None:
        """Run a process that takes away what another has left; its end changes nothing."""
        with contextlib.suppress(SourceError):
            self.run(argv, timeout=CLEAN_UP)

    def log(self, text: str) -> None:
        """Let it be heard."""
        self.ear.said(text)

    def keep(self, name: str, content: bytes) -> None:
        """Drop it: an errand keeps no evidence."""


@contextlib.contextmanager
def errand(
    repository: Path,
    *,
    secrets: Collection[str] = (),
    environment: Mapping[str, str] | None = None,
    name: str = "errand",
) -> Iterator[ErrandDoor]:
    """Lend a door, whose processes do not see the variables that are named as secrets.

    ^C and SIGTERM end what runs, with all that it has started, and then the command.
    """
    known = os.environ if environment is None else environment
    env = {name: value for name, value in known.items() if name not in secrets}
    with _orderly_end(), scratch_folder(name) as scratch:
        yield ErrandDoor(repository, scratch, env, name=name)


@contextlib.contextmanager
def _orderly_end() -> Iterator[None]:
    """Let SIGTERM unwind the stack as ^C does, and children leave their exit code.

    Who starts the runner with SIGCHLD ignored makes the system drop it (sigaction(2)). Only the
    main thread may set handlers.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(ExitCode.TERMINATED)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
