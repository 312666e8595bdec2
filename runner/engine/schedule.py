"""In which order checks run, one after another or side by side."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import TYPE_CHECKING, TypeAlias

from runner.model import Check, Result

if TYPE_CHECKING:
    from concurrent.futures import Future

Work: TypeAlias = Callable[[Check, Mapping[str, Result]], Result]
"""Decides a check, given the results so far."""


class Queue:
    """The checks that may run now, in the order written, each after those that it needs."""

    def __init__(self, checks: Sequence[Check]) -> None:
        """Take the checks; a need that is not among them does not hold its check up."""
        self._checks = checks
        self._rank = {check.id: rank for rank, check in enumerate(checks)}
        self._sorter = TopologicalSorter(
            {check.id: [need for need in check.needs if need in self._rank] for check in checks}
        )
        self._sorter.prepare()
        self._ready: list[int] = []

    def pop(self) -> Check | None:
        """Give the next check; None where all the rest waits for one that is not done."""
        for name in self._sorter.get_ready():
            heapq.heappush(self._ready, self._rank[name])
        return self._checks[heapq.heappop(self._ready)] if self._ready else None

    def done(self, check: str) -> None:
        """Let go what needed this check."""
        self._sorter.done(check)


def one_by_one(checks: Sequence[Check], work: Work) -> dict[str, Result]:
    """Decide each check after the other, in the calling thread."""
    results: dict[str, Result] = {}
    queue = Queue(checks)
    while (check := queue.pop()) is not None:
        results[check.id] = work(check, results)
        queue.done(check.id)
    return results


def side_by_side(checks: Sequence[Check], work: Work, jobs: int) -> dict[str, Result]:
    """Decide up to ``jobs`` checks at once."""
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

    results: dict[str, Result] = {}
    queue = Queue(checks)
    going: dict[Future[Result], str] = {}
    with ThreadPoolExecutor(jobs, "check") as pool:
        while True:
            while len(going) < jobs and (check := queue.pop()) is not None:
                going[pool.submit(work, check, results)] = check.id
            if not going:
                return results
            done, _ = wait(going, return_when=FIRST_COMPLETED)
            for future in done:
                name = going.pop(future)
                results[name] = future.result()
                queue.done(name)
