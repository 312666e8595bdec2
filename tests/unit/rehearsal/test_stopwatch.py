"""The times of an outage are those of the services, whatever stages come after."""

from __future__ import annotations

from typing import Any, cast

import pytest

from runner.events import CheckEnded, RunEnded, ServiceEnded, ServiceReady
from runner.model import Outcome, Result, ServiceReport
from runner.rehearsal import staging
from runner.rehearsal.staging import Stopwatch


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def monotonic(self) -> float:
        return self.now


def ended(seconds: float) -> CheckEnded:
    return CheckEnded(cast("Any", None), Result("a", "A", Outcome.PASSED, duration=seconds))


def test_a_stage_without_services_does_not_change_the_stop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(staging, "time", clock)
    watch = Stopwatch()
    assert (watch.stop, watch.start) == (None, None)
    watch.hear(ServiceReady("web", 3.0))
    watch.hear(ended(5.0))
    clock.now += 2.0
    watch.hear(ServiceEnded(ServiceReport("web", Outcome.PASSED)))
    watch.hear(RunEnded(cast("Any", None)))
    clock.now += 10.0
    watch.hear(ended(1.0))  # of a stage that needs no service
    watch.hear(RunEnded(cast("Any", None)))
    watch.hear(ServiceReady("web", 9.0))  # started once more: the first start counts
    assert (watch.stop, watch.start, watch.others) == (2.0, 3.0, 8.0)
