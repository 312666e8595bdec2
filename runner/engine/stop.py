"""How a run is asked to stop: ^C and SIGTERM, waited for together with everything else."""

from __future__ import annotations

import contextlib
import os
import select
import signal
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """A request to stop that can be polled, slept on, and made from a signal handler."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.signal = ""
        """Name of the signal that asked, or empty."""
        self.fd, self._write = os.pipe()

    def ask(self, name: str) -> None:
        """Ask to stop; only the first name is kept."""
        if not self.signal:
            self.signal = name
            os.write(self._write, b"!")

    def wait(self, seconds: float) -> bool:
        """Sleep; True where the time has passed, False where the stop was asked for."""
        if self.signal:
            return False
        poller = select.poll()
        poller.register(self.fd, select.POLLIN)
        return not poller.poll(max(0.0, seconds) * 1000)

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self.fd)
        os.close(self._write)


class Stops:
    """The two requests of a run: the first spares clean-up, the second does not."""

    def __init__(self) -> None:
        """Begin with nothing asked."""
        self.gently = Stop()
        """Ends what runs; ``always`` steps and teardown still follow."""
        self.now = Stop()
        """Ends those as well."""

    def ask(self, name: str) -> None:
        """Take a signal: the first asks gently, every further one at once."""
        (self.now if self.gently.signal else self.gently).ask(name)

    def close(self) -> None:
        """Give the descriptors back."""
        self.gently.close()
        self.now.close()

    @contextlib.contextmanager
    def on_signals(self) -> Iterator[None]:
        """Listen to ^C, SIGTERM and a closed terminal in the block; only the main thread may.

        Children must leave their exit code: who starts the runner with SIGCHLD ignored makes the
        system drop it (sigaction(2)), and `subprocess` then takes every end for a good one.
        """

        def handle(number: int, _frame: FrameType | None) -> None:
            self.ask(signal.Signals(number).name)

        before = {number: signal.signal(number, handle) for number in _SIGNALS}
        before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
