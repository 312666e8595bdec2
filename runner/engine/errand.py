"""An errand: the one door to processes, for commands that run no stage and keep no evidence."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets as randomness
import shutil
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from runner.advisories.sources.base import Ended, SourceError
from runner.engine.dossier import scratch_folder
from runner.engine.leaving import orderly_end
from runner.engine.output import Nowhere
from runner.engine.process import run
from runner.engine.request import Request
from runner.engine.stop import Stop
from runner.engine.tree import Forest
from runner.kinds.base import CLEAN_UP
from runner.kinds.door import ended

PATIENCE = 600.0
"""Seconds for a process that is given none: to make the environment of a scanner takes minutes."""


ERRAND = "errand"
"""The name of every errand that nobody else cleans up after."""
_FOLDER = f"upgrade-runner-{ERRAND}-"


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
    name: str = ERRAND
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
    name: str = ERRAND,
) -> Iterator[ErrandDoor]:
    """Lend a door, whose processes do not see the variables that are named as secrets.

    ^C and SIGTERM end what runs, with all that it has started, and then the command.
    """
    known = os.environ if environment is None else environment
    env = {name: value for name, value in known.items() if name not in secrets}
    place = _scratch() if name == ERRAND else scratch_folder(name)
    with orderly_end() as leave, contextlib.ExitStack() as stack:
        try:
            with leave.held():
                scratch = stack.enter_context(place)
            yield ErrandDoor(repository, scratch, env, name=name)
        finally:
            with leave.held():
                stack.close()


@contextlib.contextmanager
def _scratch() -> Iterator[Path]:
    """Give a folder that is removed after the block, or by a later errand after a ``kill -9``.

    It is locked by flock(2) before it gets its name, so that one with its name and without a lock
    is a dead process's.
    """
    for folder in Path(tempfile.gettempdir()).glob(f"{_FOLDER}*"):
        _remove_dead(folder)
    made = Path(tempfile.mkdtemp(prefix="upgrade-runner-new-")).resolve()
    handle = os.open(made, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    folder = made.with_name(f"{_FOLDER}{made.name.rpartition('-')[2]}")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        made.rename(folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(handle)


def _remove_dead(folder: Path) -> None:
    """Remove a folder of this user that no living process holds."""
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    with contextlib.suppress(OSError):  # gone by now, another user's, or held
        handle = os.open(folder, flags)
        try:
            if os.fstat(handle).st_uid == os.getuid():
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(handle)
