"""Requests to stop: polled, slept on, made by signals."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator

import pytest

from runner.engine.stop import Stop, Stops


@pytest.fixture
def stops() -> Iterator[Stops]:
    made = Stops()
    yield made
    made.close()


def test_a_sleep_ends_with_its_time() -> None:
    stop = Stop()
    assert stop.wait(0.01) is True
    stop.close()


def test_a_sleep_ends_with_the_request() -> None:
    stop = Stop()
    threading.Timer(0.1, stop.ask, ["SIGINT"]).start()
    began = time.monotonic()
    assert stop.wait(60) is False
    assert stop.wait(60) is False
    assert time.monotonic() - began < 30
    stop.ask("SIGTERM")
    assert stop.signal == "SIGINT"
    stop.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signals_ask_first_gently_then_at_once(stops: Stops, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with stops.on_signals():
        os.kill(os.getpid(), number)
        assert (stops.gently.signal, stops.now.signal) == (number.name, "")
        os.kill(os.getpid(), number)
        assert stops.now.signal == number.name
    assert signal.getsignal(number) == before


def test_children_leave_their_exit_code(stops: Stops) -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with stops.on_signals():
            assert subprocess.run(["false"], check=False).returncode == 1
        assert signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGCHLD, before)
