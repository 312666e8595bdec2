"""How a command that runs no stage ends by a signal: at once, but for what must be whole."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from runner.errors import ExitCode

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Leave:
    """Ends the command by a signal, but not in the midst of what must be whole."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self._held = False
        self._waiting = 0

    def hear(self, number: int, _frame: FrameType | None) -> None:
        """Take a signal."""
        if self._held:
            self._waiting = number
        elif number == signal.SIGINT:
            raise KeyboardInterrupt
        else:
            raise SystemExit(ExitCode.TERMINATED)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let a signal wait for the end of the block."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            if self._waiting:
                self.hear(self._waiting, None)


@contextlib.contextmanager
def orderly_end() -> Iterator[Leave]:
    """Let SIGTERM unwind the stack as ^C does, and children leave their exit code.

    Who starts the runner with SIGCHLD ignored makes the system drop it (sigaction(2)). Only the
    main thread may set handlers.
    """
    leave = Leave()
    if threading.current_thread() is not threading.main_thread():
        yield leave
        return
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, leave.hear) for number in heard}
    before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    try:
        yield leave
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
